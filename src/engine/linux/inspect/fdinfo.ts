/** What /proc says of a descriptor of this process, which `BPF_OBJ_GET_INFO_BY_FD` does not: memory, whether a map is frozen. */

import type { Facts } from "../facts.ts";

/** Lines `name:\tvalue`. Empty where /proc does not tell. */
export class DescriptorFacts {
  readonly #lines: ReadonlyMap<string, string>;

  /** @param process a process's number, or `self` */
  constructor(facts: Facts, fd: number, process: number | "self" = "self") {
    const text = facts.read(`/proc/${process}/fdinfo/${fd}`) ?? "";
    this.#lines = new Map(
      text.split("\n").flatMap((line) => {
        const colon = line.indexOf(":");
        return colon < 0 ? [] : [[line.slice(0, colon), line.slice(colon + 1).trim()] as const];
      }),
    );
  }

  number(name: string): number | null {
    const text = this.#lines.get(name);
    return text === undefined || !/^\d+$/.test(text) ? null : Number(text);
  }
}
