/**
 * What the Linux engine calls of the C library, through koffi. Traps that this file keeps to itself: `errno` holds only until the next call
 * of anything, addresses are of the backing store (which koffi moves out of the JavaScript heap), `mmap` fails with all bits set.
 *
 * What only some programs need is declared when it is first used: a declaration costs 0.1 ms.
 */

import { openLibrary } from "./library.ts";
import { moreCalls } from "./more-calls.ts";
import { ERRNO, SystemError } from "./system-error.ts";
import type { Mapping, Transport } from "./transport.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;

/**
 * @throws FeatureError when this is not a Linux that koffi is built for.
 */
export async function openNative(): Promise<Transport> {
  const opened = await openLibrary("bpf(2)", "the Linux engine");
  const { koffi, library, architecture } = opened;
  const number = architecture.bpf;
  // `syscall` takes any number of arguments; these four fit in registers, where both calling conventions put them alike. The
  // attribute goes as a number, an eighth quicker than as an array; user addresses are below 2^53 everywhere.
  const syscall = library.func("syscall", "int", ["long", "int", "uintptr_t", "uint32"]) as (
    number: number,
    command: number,
    attribute: number,
    size: number,
  ) => number;
  const close = library.func("close", "int", ["int"]) as (fd: number) => number;
  const ifNameToIndex = library.func("if_nametoindex", "uint32", ["str"]) as (name: string) => number;
  const mmap = library.func("mmap", "uint64", ["uint64", "size_t", "int", "int", "int", "int64"]) as (
    address: bigint,
    length: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ) => number | bigint;
  const munmap = library.func("munmap", "int", ["uint64", "size_t"]) as (address: bigint, length: number) => number;
  const { errno, address } = koffi;

  const pageSize = (library.func("getpagesize", "int", []) as () => number)();
  return {
    pageSize,
    prepare(command, attribute) {
      const start = Number(address(attribute));
      return () => {
        // Naming the array here keeps it for as long as somebody can send it.
        const result = syscall(number, command, start, attribute.length);
        return result < 0 ? -errno() : result;
      };
    },
    addressOf(memory) {
      return memory.length === 0 ? 0n : address(memory);
    },
    interfaceIndex(name) {
      // The C string would end at a NUL, and name another interface than the caller did.
      const index = name === "" || name.includes("\0") ? 0 : ifNameToIndex(name);
      return index === 0 ? -ERRNO.ENODEV : index;
    },
    close(fd) {
      return close(fd) < 0 ? -errno() : 0;
    },
    map(fd, length, offset, writable, at = 0n) {
      const result = mmap(at, length, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, offset);
      const start = BigInt(result);
      if (start === MAP_FAILED) return -errno();
      return new NativeMapping(
        start,
        () => koffi.view(start, length),
        () => {
          const failed = munmap(start, length) < 0 ? errno() : 0;
          if (failed !== 0) throw new SystemError("munmap", failed);
        },
      );
    },
    ...moreCalls(opened),
  };
}

class NativeMapping implements Mapping {
  readonly address: bigint;
  #memory: ArrayBuffer | null = null;
  #open = true;
  readonly #view: () => ArrayBuffer;
  readonly #release: () => void;

  constructor(address: bigint, view: () => ArrayBuffer, release: () => void) {
    this.address = address;
    this.#view = view;
    this.#release = release;
  }

  /** Made when it is asked for: V8 has a limit, and counts what it views as memory of its own. */
  get memory(): ArrayBuffer {
    if (!this.#open) throw new TypeError("this memory was given back to the kernel");
    this.#memory ??= this.#view();
    return this.#memory;
  }

  unmap(): void {
    if (!this.#open) return;
    this.#open = false;
    // Takes the memory out of every view that was made of it: they are empty then, where reading would have killed the process.
    this.#memory?.transfer();
    this.#memory = null;
    this.#release();
  }
}
