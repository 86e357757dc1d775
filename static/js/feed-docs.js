// The form of /api/docs/feed/: it exchanges an access token for a ticket, opens the feed and shows every frame.

const { port, ticket_url: ticketUrl } = JSON.parse(document.getElementById("feed-settings").textContent);
const form = document.querySelector("[data-feed-form]");
const sending = document.querySelector("[data-feed-send]");
const closing = document.querySelector("[data-feed-close]");
const state = document.querySelector("[data-feed-state]");
const frames = document.querySelector("[data-feed-frames]");

const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const host = port ? `${location.hostname}:${port}` : location.host;
const url = `${scheme}//${host}/ws/notifications/`;
document.querySelector("[data-feed-url]").textContent = url;

let socket = null;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  socket?.close();
  say("Requesting a ticket …");
  try {
    open(await ticketFor(form.elements.token.value.trim()));
  } catch (error) {
    say(error.message);
  }
});

sending.addEventListener("submit", (event) => {
  event.preventDefault();
  send(sending.elements.frame.value);
});

closing.addEventListener("click", () => socket?.close());

async function ticketFor(token) {
  const response = await fetch(ticketUrl, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    credentials: "omit",
  });
  const body = await response.json();
  if (!response.ok) throw new Error(body.detail);
  return body.ticket;
}

function open(ticket) {
  const opened = new WebSocket(url);
  socket = opened;
  say("Connecting …");
  opened.addEventListener("open", () => {
    say("Connected");
    opened.send(JSON.stringify({ type: "ticket", ticket }));
    show("sent", { type: "ticket", ticket: "…" });
    enable(true);
  });
  opened.addEventListener("message", (event) => show("received", JSON.parse(event.data)));
  opened.addEventListener("close", (event) => {
    if (socket !== opened) return;
    say(`Closed with code ${event.code}`);
    enable(false);
  });
}

function send(text) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    say("The frame isn’t valid JSON");
    return;
  }
  socket.send(text);
  show("sent", frame);
}

function show(direction, frame) {
  const item = document.createElement("li");
  const heading = document.createElement("p");
  const body = document.createElement("pre");
  heading.textContent = `${new Date().toLocaleTimeString()} ${direction}`;
  body.textContent = JSON.stringify(frame, null, 2);
  item.className = `feed-${direction}`;
  item.append(heading, body);
  frames.prepend(item);
}

function say(text) {
  state.textContent = text;
}

function enable(isOpen) {
  closing.disabled = !isOpen;
  sending.querySelector("button").disabled = !isOpen;
}
