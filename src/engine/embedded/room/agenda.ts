/** Appointments in order of time; of those at one time the first made comes first. A binary heap. */

export interface Appointment {
  /** Nanoseconds since boot; null: it is cancelled. */
  due: bigint | null;
  /** Of its latest change: no two have the same. */
  order: number;
}

interface Entry<T> {
  readonly due: bigint;
  readonly order: number;
  readonly of: T;
}

/** Fewer are never cleared up. */
const FEW = 64;

export class Agenda<T extends Appointment> {
  /** An appointment that was changed or cancelled since is passed over when its turn comes, or cleared up when there are many. */
  #entries: Entry<T>[] = [];
  #most = FEW;

  /** Whenever `due` was set; `order` with it. */
  add(of: T): void {
    const { due, order } = of;
    if (due === null) return;
    if (this.#entries.length >= this.#most) this.#clear();
    const entries = this.#entries;
    const entry = { due, order, of };
    let at = entries.length;
    for (; at > 0; at = (at - 1) >> 1) {
      const above = entries[(at - 1) >> 1]!;
      if (isBefore(above, entry)) break;
      entries[at] = above;
    }
    entries[at] = entry;
  }

  /** The next one, which stays; null when there is none. */
  first(): T | null {
    for (;;) {
      const entry = this.#entries[0];
      if (entry === undefined) return null;
      if (isCurrent(entry)) return entry.of;
      this.#remove();
    }
  }

  /** Takes the first out. */
  #remove(): void {
    const entries = this.#entries;
    const last = entries.pop();
    const size = entries.length;
    if (last === undefined || size === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= size) break;
      if (below + 1 < size && isBefore(entries[below + 1]!, entries[below]!)) below++;
      if (isBefore(last, entries[below]!)) break;
      entries[at] = entries[below]!;
      at = below;
    }
    entries[at] = last;
  }

  #clear(): void {
    // What is sorted is a heap.
    this.#entries = this.#entries.filter(isCurrent).sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#most = Math.max(FEW, 2 * this.#entries.length);
  }
}

const isBefore = (a: Entry<unknown>, b: Entry<unknown>): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);

const isCurrent = ({ due, order, of }: Entry<Appointment>): boolean => of.due === due && of.order === order;
