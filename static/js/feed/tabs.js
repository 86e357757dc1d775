// All tabs of one user share one connection, which belongs to the leader: the tab that holds a lock (Web Locks API).
// The other tabs wait for the lock, so that one of them becomes the leader as soon as the leader is closed. In browsers
// without locks or broadcast channels, every tab is a leader.

export class Tabs {
  isLeader = false;
  #isIn = false;
  #name;
  #on;
  #channel = null;
  #queue = null;
  #release = null;

  /** `onLead` is called when this tab becomes the leader, and `onDemote` when it no longer is. */
  constructor(name, { onLead, onDemote, onMessage }) {
    this.#name = name;
    this.#on = { onLead, onDemote, onMessage };
  }

  join() {
    this.#isIn = true;
    if (!navigator.locks || !globalThis.BroadcastChannel) {
      this.#lead();
      return;
    }
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#on.onMessage(data);
    this.#request(false);
  }

  leave() {
    const wasLeader = this.isLeader;
    this.isLeader = this.#isIn = false;
    this.#channel?.close();
    this.#channel = null;
    if (wasLeader) this.#release?.();
    else this.#queue?.abort();
    if (wasLeader) this.#on.onDemote();
  }

  /** Become the leader instead of a tab that does not answer. */
  steal() {
    if (this.isLeader || !this.#channel) return;
    this.#queue.abort();
    this.#request(true);
  }

  post(message) {
    this.#channel?.postMessage(message);
  }

  #request(steal) {
    this.#queue = new AbortController();
    const options = steal ? { steal } : { signal: this.#queue.signal };
    navigator.locks
      .request(this.#name, options, () => this.#lead())
      .catch((error) => {
        if (error.name !== "AbortError") throw error;
        if (!this.isLeader) return; // it was waiting and has stopped
        this.isLeader = false;
        this.#on.onDemote();
        this.#request(false);
      });
  }

  /** Become the leader, until the returned promise is resolved. */
  #lead() {
    if (!this.#isIn) return null; // the tab left before it was given the lock
    this.isLeader = true;
    this.#on.onLead();
    return new Promise((resolve) => (this.#release = resolve));
  }
}
