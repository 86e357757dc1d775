// The tabs of one user share one connection. The one that holds the lock leads; the others queue for it, so that the
// next takes over as soon as the leader closes. Browsers without locks or channels have a leader in each tab.

export class Tabs {
  isLeader = false;
  #isIn = false;
  #name;
  #on;
  #channel = null;
  #queue = null;
  #release = null;

  /** `onLead` and `onDemote` are called when this tab becomes the leader and when it has been replaced. */
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

  /** Take the lead from a tab that is asleep. */
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
        if (!this.isLeader) return; // no longer queueing
        this.isLeader = false;
        this.#on.onDemote();
        this.#request(false);
      });
  }

  /** Lead until the promise that this returns is resolved. */
  #lead() {
    if (!this.#isIn) return null; // left while the lock was on its way
    this.isLeader = true;
    this.#on.onLead();
    return new Promise((resolve) => (this.#release = resolve));
  }
}
