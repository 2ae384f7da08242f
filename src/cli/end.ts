/** When what goes on until somebody ends it, ends. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** The end of a live run: the first SIGINT, SIGTERM or SIGHUP, or the end of the time. A second signal ends the process at once. */
export class End implements Disposable {
  readonly reached: Promise<void>;
  /** The same, for what can be aborted. */
  readonly signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  readonly #end: () => void;

  constructor(seconds: number | undefined) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.reached = promise;
    const abort = new AbortController();
    this.signal = abort.signal;
    promise.then(() => abort.abort());
    this.#end = resolve;
    for (const signal of SIGNALS) process.once(signal, resolve);
    // A signal handler alone does not keep the process alive: without an end in time, a timer that never matters does.
    this.#timer = seconds === undefined ? setInterval(() => {}, 2 ** 30) : setTimeout(resolve, seconds * 1000);
  }

  /** Ends it, as a signal does: for a key that was pressed. */
  readonly stop = (): void => this.#end();

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const signal of SIGNALS) process.off(signal, this.#end);
  }
}
