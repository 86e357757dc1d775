// Notice that the connection has died without being closed: its server hangs, or the network swallows everything. The
// socket then still looks open, and the leading tab may be hidden, where browsers run timers once a minute. Therefore
// each visible tab watches.

const SILENT_MS = 25_000;
const ANSWER_WITHIN_MS = 10_000;

export class Watch {
  #on;
  #timer = 0;

  /** `onSilent` is called when nothing has been heard for SILENT_MS, and `onDead` if that leads to no answer. */
  constructor({ onSilent, onDead }) {
    this.#on = { onSilent, onDead };
  }

  /** Begin again, because the connection was heard or its state has changed, or end. */
  restart(isOn) {
    clearTimeout(this.#timer);
    if (isOn) this.#timer = setTimeout(() => this.#ask(), SILENT_MS);
  }

  #ask() {
    this.#timer = setTimeout(this.#on.onDead, ANSWER_WITHIN_MS);
    this.#on.onSilent();
  }
}
