// One connection to the feed: a socket or, while none can be opened, polling the API. `onFrame` is called with each
// frame; what the API answers is passed on as a hello frame. `onState` is called with "live" (a socket is open),
// "connecting", "delayed" (the API is polled), "offline" or "signedOut".

import { answered } from "../part.js";

const API = "/api/v1/notifications/";
const SIGNED_OUT = 4401; // the close code of a socket whose login is not valid
const RESTARTING = 1012; // the close code of all sockets of a feed that ends, while others go on
const BACK_WITHIN_MS = 3_000; // by chance, so that they do not all come back at once
const POLL_AFTER_MS = 4_000; // how long a socket may take to open before the API is polled
const POLL_MS = 5_000;
const POLL_MAX_MS = 60_000;
const RETRY_MS = 500;
const RETRY_MAX_MS = 10_000;
const ANSWER_WITHIN_MS = 10_000;
const PULSE_MS = 30_000;
const SLEPT_MS = 90_000; // browsers run the timers of hidden tabs once a minute
const SILENT_MS = 240_000; // for hidden tabs, and for servers that answer no pings

const jittered = (delay) => delay * (0.5 + Math.random() / 2);

/** Call the API with the session's cookie. Returns the JSON of the answer, or throws an error with its `status`. */
export async function call(path, options) {
  const response = await answered(fetch(API + path, options));
  if (!response.ok) throw Object.assign(new Error(response.statusText), { status: response.status });
  return response.json();
}

export class Connection {
  state = "";
  /** Whether the server has said that it answers pings. */
  pings = false;
  #url;
  #locale;
  #helloSize;
  #onFrame;
  #onState;
  #socket = null;
  #isOn = false;
  #failures = 0;
  #pollDelay = POLL_MS;
  #heardAt = 0;
  #isAsking = false;
  #beatAt = 0;
  #timers = {};

  /** `locale` holds the parameters with which the server words what it sends. */
  constructor({ url, locale, helloSize, onFrame, onState }) {
    this.#locale = new URLSearchParams(locale);
    this.#url = `${url ?? `${location.origin.replace("http", "ws")}/ws/notifications/`}?${this.#locale}`;
    this.#helloSize = helloSize;
    this.#onFrame = onFrame;
    this.#onState = onState;
  }

  start() {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#failures = 0;
    this.#connect();
    this.#pollIn(POLL_AFTER_MS);
    this.#beatAt = Date.now();
    this.#timers.pulse = setInterval(() => this.#beat(), PULSE_MS);
  }

  stop() {
    this.#isOn = false;
    this.state = "";
    Object.values(this.#timers).forEach(clearTimeout);
    this.#drop();
  }

  /** Try at once, because the page has become visible, the network has changed, or the computer has slept. */
  wake() {
    if (!this.#isOn) return;
    this.#failures = 0;
    if (this.state === "live") {
      this.resume(Number.MAX_SAFE_INTEGER); // the socket may be dead without having been closed
    } else {
      this.#connect();
      this.#pollIn(0);
    }
  }

  /** Close the socket, because the browser has reported that the network is gone. */
  lose() {
    if (!this.#isOn) return;
    this.#close(0);
    this.#setState("offline");
  }

  /** Request what has arrived since an id. The server always answers, even if nothing has. */
  resume(after) {
    if (this.state !== "live") return;
    this.#socket.send(JSON.stringify({ type: "resume", after }));
    this.#expectAnswer();
  }

  /** Request a sign of life, because nothing has arrived for a while. Does nothing while an answer is due. */
  ping() {
    if (this.state !== "live" || !this.pings || this.#isAsking) return;
    this.#socket.send(JSON.stringify({ type: "ping" }));
    this.#expectAnswer();
  }

  #setState(state) {
    this.state = state;
    this.#onState(state);
  }

  #connect() {
    clearTimeout(this.#timers.retry);
    if (this.#socket) return;
    this.#socket = new WebSocket(this.#url);
    this.#socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    this.#socket.onclose = ({ code }) => this.#close(code);
    this.#expectAnswer();
  }

  /** Close the socket if it receives nothing within ANSWER_WITHIN_MS. */
  #expectAnswer() {
    clearTimeout(this.#timers.silence);
    this.#isAsking = true;
    this.#timers.silence = setTimeout(() => this.#close(0), ANSWER_WITHIN_MS);
  }

  #receive(frame) {
    clearTimeout(this.#timers.silence);
    this.#isAsking = false;
    this.#heardAt = Date.now();
    if (frame.type === "hello") {
      this.pings = frame.pings === true; // servers of earlier versions close a socket that sends a ping
      this.#failures = 0;
      this.#pollDelay = POLL_MS;
      clearTimeout(this.#timers.poll);
      this.#setState("live");
    }
    this.#onFrame(frame);
  }

  #close(code) {
    this.#drop();
    if (this.state === "live") this.#setState("connecting");
    const delay = code === RESTARTING ? Math.random() * BACK_WITHIN_MS : this.#nextDelay();
    // The API's answer shows whether the login is still valid.
    if (code === SIGNED_OUT) this.#pollIn(0);
    else if (this.state === "connecting") this.#pollIn(POLL_AFTER_MS + (code === RESTARTING ? delay : 0));
    clearTimeout(this.#timers.retry);
    this.#timers.retry = setTimeout(() => this.#connect(), delay);
  }

  #nextDelay() {
    return jittered(Math.min(RETRY_MS * 2 ** this.#failures++, RETRY_MAX_MS));
  }

  #drop() {
    clearTimeout(this.#timers.silence);
    this.#isAsking = false;
    if (!this.#socket) return;
    this.#socket.onmessage = this.#socket.onclose = null; // the closing handshake may take minutes
    this.#socket.close();
    this.#socket = null;
  }

  #beat() {
    const now = Date.now();
    const slept = now - this.#beatAt > SLEPT_MS;
    this.#beatAt = now;
    if (slept || (this.state === "live" && now - this.#heardAt > SILENT_MS)) this.wake();
  }

  #pollIn(delay) {
    clearTimeout(this.#timers.poll);
    this.#timers.poll = setTimeout(() => this.#poll(), delay);
  }

  async #poll() {
    let frame, error;
    try {
      const query = `?unread=true&page_size=${this.#helloSize}&${this.#locale}`;
      const [list, count] = await Promise.all([call(query), call("unread-count/")]);
      frame = { type: "hello", unread: count.unread, notifications: list.results.reverse() };
    } catch (caught) {
      error = caught;
    }
    if (!this.#isOn || this.state === "live") return;
    if (frame) {
      this.#pollDelay = POLL_MS;
      this.#setState("delayed");
      this.#onFrame(frame);
    } else if (error.status === 401 || error.status === 403) {
      this.stop();
      this.#setState("signedOut");
      return;
    } else {
      this.#pollDelay = Math.min(this.#pollDelay * 2, POLL_MAX_MS);
      this.#setState("offline");
    }
    this.#pollIn(jittered(this.#pollDelay));
  }
}
