/**
 * Kfuncs on strings that may lie anywhere (kernel/bpf/helpers.c). Linux 6.17; `bpf_strcasecmp` 6.18. They look at 65,536 bytes at most:
 * -E2BIG beyond. -EFAULT for memory that the program may not read, -ERANGE for what is no address.
 */

import { EFAULT, ENOENT, ERANGE } from "../helpers/errors.ts";
import { type Helper, type HelperCall, kfunc } from "../helpers/helper.ts";
import { E2BIG } from "../maps/errno.ts";
import { PAGE } from "../memory.ts";

/** XATTR_SIZE_MAX */
const MOST = 65_536;

/** Bytes between two looks at the fuel. */
const STEP = 1024;

/** Ends a walk over memory that may not be read. */
class Unreadable extends Error {}

/** One of the strings of a call: its bytes by position. */
class Text {
  readonly #call: HelperCall;
  readonly #start: number;
  readonly valid: boolean;

  /** @param argument which it is, from 1 on. */
  constructor(call: HelperCall, start: number, argument: number) {
    this.#call = call;
    this.#start = start >>> 0;
    this.valid = call.highOf(argument) === 0 && this.#start >= PAGE;
  }

  /** As a `char` of the kernel: unsigned. */
  at(position: number): number {
    const address = this.#start + position;
    if (!this.#call.space.allows(address, 1, false)) throw new Unreadable();
    return this.#call.memory.view.getUint8(address);
  }
}

/** Runs over one string, or two; what it read counts as work. */
function over(count: number, walk: (read: (text: number, position: number) => number, numbers: number[]) => number) {
  return (call: HelperCall, a: number, b: number, c: number): number => {
    const texts = [new Text(call, a, 1), ...(count === 2 ? [new Text(call, b, 2)] : [])];
    if (!texts.every(({ valid }) => valid)) return -ERANGE;
    let read = 0;
    try {
      return walk(
        (text, position) => {
          // A byte is as much work here as an instruction.
          if ((++read & (STEP - 1)) === 0) call.work(STEP * 64);
          return texts[text]!.at(position);
        },
        count === 2 ? [c] : [b, c],
      );
    } catch (error) {
      if (error instanceof Unreadable) return -EFAULT;
      throw error;
    }
  };
}

/** `tolower` of the kernel, whose letters are those of Latin-1. */
function lower(character: number): number {
  const isUpper = (character >= 0x41 && character <= 0x5a) || (character >= 0xc0 && character <= 0xde && character !== 0xd7);
  return isUpper ? character + 32 : character;
}

const compare = (fold: (character: number) => number) =>
  over(2, (read) => {
    for (let at = 0; at < MOST; at++) {
      const a = fold(read(0, at));
      const b = fold(read(1, at));
      if (a !== b) return a < b ? -1 : 1;
      if (a === 0) return 0;
    }
    return -E2BIG;
  });

/** The first place of a character within `count` bytes; the NUL at the end is one, too. */
function find(read: (text: number, position: number) => number, character: number, count: number): number {
  const wanted = character & 0xff;
  const end = Math.min(count >>> 0, MOST);
  for (let at = 0; at < end; at++) {
    const found = read(0, at);
    if (found === wanted) return at;
    if (found === 0) return -ENOENT;
  }
  return end === MOST ? -E2BIG : -ENOENT;
}

function length(read: (text: number, position: number) => number, count: number): number {
  const end = Math.min(count >>> 0, MOST);
  for (let at = 0; at < end; at++) if (read(0, at) === 0) return at;
  return end === MOST ? -E2BIG : end;
}

/** How long the beginning is whose characters are all, or none, in the second string. */
const span = (inSet: boolean) =>
  over(2, (read) => {
    for (let at = 0; at < MOST; at++) {
      const character = read(0, at);
      if (character === 0) return at;
      let other = 0;
      for (; other < MOST; other++) {
        const member = read(1, other);
        if (member === 0 || member === character) {
          if ((member !== 0) !== inSet) return at;
          break;
        }
      }
      if (other === MOST) return -E2BIG;
    }
    return -E2BIG;
  });

/** Where the second string is in the first `length` bytes of the first one. */
function search(read: (text: number, position: number) => number, length: number): number {
  for (let start = 0; start < MOST; start++) {
    let at = 0;
    for (; start + at <= length && at < MOST; at++) {
      const wanted = read(1, at);
      if (wanted === 0) return start;
      if (start + at === length) break;
      const found = read(0, start + at);
      if (found === 0) return -ENOENT;
      if (found !== wanted) break;
    }
    if (at === MOST) return -E2BIG;
    if (start + at === length) return -ENOENT;
  }
  return -E2BIG;
}

export const STRING_KFUNCS: readonly Helper[] = [
  kfunc(
    "bpf_strcmp",
    ["wide", "wide"],
    "int",
    compare((character) => character),
  ),
  kfunc("bpf_strcasecmp", ["wide", "wide"], "int", compare(lower)),
  kfunc(
    "bpf_strchr",
    ["wide", "number"],
    "int",
    over(1, (read, [character]) => find(read, character!, MOST)),
  ),
  kfunc(
    "bpf_strnchr",
    ["wide", "number", "number"],
    "int",
    over(1, (read, [count, character]) => find(read, character!, count!)),
  ),
  kfunc(
    "bpf_strchrnul",
    ["wide", "number"],
    "int",
    over(1, (read, [character]) => {
      const wanted = character! & 0xff;
      for (let at = 0; at < MOST; at++) {
        const found = read(0, at);
        if (found === 0 || found === wanted) return at;
      }
      return -E2BIG;
    }),
  ),
  kfunc(
    "bpf_strrchr",
    ["wide", "number"],
    "int",
    over(1, (read, [character]) => {
      const wanted = character! & 0xff;
      let last = -ENOENT;
      for (let at = 0; at < MOST; at++) {
        const found = read(0, at);
        if (found === wanted) last = at;
        if (found === 0) return last;
      }
      return -E2BIG;
    }),
  ),
  kfunc(
    "bpf_strlen",
    ["wide"],
    "int",
    over(1, (read) => length(read, MOST)),
  ),
  kfunc(
    "bpf_strnlen",
    ["wide", "number"],
    "int",
    over(1, (read, [count]) => length(read, count!)),
  ),
  kfunc("bpf_strspn", ["wide", "wide"], "int", span(true)),
  kfunc("bpf_strcspn", ["wide", "wide"], "int", span(false)),
  kfunc(
    "bpf_strstr",
    ["wide", "wide"],
    "int",
    over(2, (read) => search(read, MOST)),
  ),
  kfunc(
    "bpf_strnstr",
    ["wide", "wide", "number"],
    "int",
    over(2, (read, [count]) => search(read, count! >>> 0)),
  ),
];
