// The essential journeys in Firefox: sign up, post, subscribe, be reminded, read, look at everything.
//
//     node firefox.mjs FIREFOX PROFILE JOURNEY
//
// JOURNEY is JSON: `url` of the deployment and its `hosts`; `name`, `email` and `password` of the person who signs up;
// `event`, the id of somebody else's event; `title` and `day` (ISO) of the one to post; the `pages` to look at. Where
// the server has to do something, the script prints what, and continues when it reads a line. At the end it prints what
// it saw.
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

// Nothing but the deployment is asked: everything else goes to a proxy that does not exist.
const PREFERENCES = {
  "network.proxy.type": 1,
  "network.proxy.http": "127.0.0.1",
  "network.proxy.http_port": 9,
  "network.proxy.ssl": "127.0.0.1",
  "network.proxy.ssl_port": 9,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "intl.accept_languages": "en-GB",
};
// Many times as long as anything takes on an idle machine.
const PATIENCE_MS = 60_000;
// How long a page is left alone, because Firefox prefetches once it is idle.
const IDLE_MS = 500;

const [executablePath, userDataDir, given] = process.argv.slice(2);
const { url, hosts, name, email, password, event, title, day, pages } = JSON.parse(given);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const complaints = [];
const shown = {};

async function ask(what) {
  console.log(JSON.stringify(what));
  await answers.next();
}

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath,
  userDataDir,
  headless: true,
  timeout: PATIENCE_MS,
  extraPrefsFirefox: PREFERENCES,
  defaultViewport: { width: 1280, height: 900 },
});
const page = await browser.newPage();
page.setDefaultTimeout(PATIENCE_MS);

function complain(text) {
  complaints.push(`${text} (on ${page.url().replace(url, "")})`);
}

page.on("pageerror", (error) => complain(error.message));
page.on("console", (message) => {
  if (["error", "warn"].includes(message.type())) complain(message.text());
});
page.on("response", (response) => {
  if (response.status() >= 400) complain(`${response.status()} ${response.url()}`);
});
page.on("requestfailed", (request) => {
  // What a page still asked for when it was left is not a failure.
  const reason = request.failure()?.errorText ?? "";
  if (reason !== "NS_BINDING_ABORTED") complain(`${reason} ${request.url()}`);
});
page.on("request", (request) => {
  const { protocol, host } = new URL(request.url());
  if (protocol !== "data:" && !hosts.includes(host)) complain(`asks ${request.url()}`);
});
await page.evaluateOnNewDocument(() => {
  document.addEventListener("securitypolicyviolation", (violation) =>
    console.error(`policy: ${violation.violatedDirective} refuses ${violation.blockedURI}`),
  );
});

const open = (path) => page.goto(url + path);
const textOf = (selector) => page.$eval(selector, (element) => element.textContent.replace(/\s+/g, " ").trim());

// Do what leads to another page, and wait for it.
async function leave(act) {
  await Promise.all([page.waitForNavigation(), act()]);
}

// Fill a field as a browser does: `type` does not fit inputs of dates.
async function fill(field, value) {
  await page.$eval(
    `main [name="${field}"]`,
    (input, text) => {
      input.value = text;
      for (const kind of ["input", "change"]) input.dispatchEvent(new Event(kind, { bubbles: true }));
    },
    value,
  );
}

async function journey() {
  await open("/accounts/signup/");
  await page.type('main [name="email"]', email);
  await page.type('main [name="username"]', name);
  await page.type('main [name="password"]', password);
  shown.zone = await page.$eval('main [name="time_zone"]', (input) => input.value);
  await leave(() => page.click("main form .button-primary"));
  shown.welcome = await textOf("main");

  await open("/events/new/");
  await page.type('main [name="headline"]', title);
  await fill("start_date", day);
  await fill("start_time", "18:00");
  await page.click('main [name="state"][value="public"]');
  await page.waitForFunction(() => document.querySelector("#when")?.textContent.trim());
  await leave(() => page.click("main form[data-writing] .button-primary"));
  shown.posted = await textOf("h1");

  await open(`/events/${event}/`);
  await leave(() => page.click('main form[action$="/subscribe/"] .button-primary'));
  shown.subscribed = await page.$$eval('main form[action$="/unsubscribe/"]', (forms) => forms.length);

  await open("/");
  await ask("remind");
  await page.waitForSelector("#toasts .toast");
  shown.toast = await textOf("#toasts .toast");
  shown.unread = await page.title();
  await leave(() => page.click("#toasts .toast [data-open]"));
  shown.reminded = await textOf("h1");
  await open("/notifications/");
  shown.inbox = await textOf("main");
  await page.waitForFunction(() => !document.title.startsWith("(")); // it was marked as read meanwhile
  shown.read = await page.title();

  await open("/");
  await page.type('main [name="q"]', title);
  // The list changes as one types.
  await page.waitForFunction(
    (wanted) =>
      String([...document.querySelectorAll("main h3")].map((heading) => heading.textContent.trim())) === wanted,
    {},
    title,
  );

  for (const path of pages) {
    await open(path);
    await page.waitForNetworkIdle({ idleTime: IDLE_MS });
  }
}

try {
  await journey();
} catch (error) {
  complain(error.stack);
}
await browser.close();
console.log(JSON.stringify({ complaints, shown }));
process.exit();
