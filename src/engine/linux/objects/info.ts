/** One `BPF_OBJ_GET_INFO_BY_FD` (since 4.13): a struct that the kernel fills, and the arrays that it points to. */

import type { Kernel } from "../kernel.ts";
import { Request } from "../request.ts";
import type { InfoLayout } from "./info-layouts.ts";

export class Info<Layout extends InfoLayout> {
  /** As the kernel left it. */
  readonly bytes: Uint8Array;
  readonly #kernel: Kernel;
  readonly #layout: Layout;
  readonly #view: DataView;
  /** What the kernel writes through addresses must not be collected meanwhile. */
  readonly #kept: Uint8Array[] = [];

  constructor(kernel: Kernel, layout: Layout) {
    this.#kernel = kernel;
    this.#layout = layout;
    this.bytes = new Uint8Array(layout.size);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** Fills it. @returns below zero: an error number, negated. */
  ask(fd: number): number {
    const request = new Request(this.#kernel.transport, "obj_get_info_by_fd")
      .u32("bpf_fd", fd)
      .u32("info_len", this.bytes.length)
      .pointer("info", this.bytes);
    return request.send();
  }

  /** An array to be filled. Empty: the kernel is asked for none. */
  point(field: keyof Layout["pointer"] & string, memory: Uint8Array): this {
    this.#view.setBigUint64(offsetOf(this.#layout.pointer, field), this.#kernel.transport.addressOf(memory), true);
    this.#kept.push(memory);
    return this;
  }

  set(field: keyof Layout["u32"] & string, value: number): this {
    this.#view.setUint32(offsetOf(this.#layout.u32, field), value, true);
    return this;
  }

  u32(field: keyof Layout["u32"] & string): number {
    return this.#view.getUint32(offsetOf(this.#layout.u32, field), true);
  }

  u64(field: keyof Layout["u64"] & string): bigint {
    return this.#view.getBigUint64(offsetOf(this.#layout.u64, field), true);
  }

  /** Whether the kernel filled an array: it takes away the address of what it does not show to this process. */
  shown(field: keyof Layout["pointer"] & string): boolean {
    return this.#view.getBigUint64(offsetOf(this.#layout.pointer, field), true) !== 0n;
  }

  text(field: keyof Layout["text"] & string): string {
    const at = offsetOf(this.#layout.text, field);
    return textOf(this.bytes.subarray(at, at + 16));
  }
}

/** The structs of programs, maps and links begin alike. */
const BEGINNING = { size: 16, u32: { type: 0, id: 4 }, u64: {}, pointer: {}, text: {} } as const satisfies InfoLayout;

/** The kernel's number of a program, a map or a link; 0 for other descriptors, and where the kernel tells nothing of its kind. */
export function objectId(kernel: Kernel, fd: number): number {
  const info = new Info(kernel, BEGINNING);
  return info.ask(fd) < 0 ? 0 : info.u32("id");
}

/** Up to the first NUL. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? bytes.length : end));
}

export function hexadecimal(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function offsetOf(fields: Readonly<Record<string, number>>, field: string): number {
  const offset = fields[field];
  if (offset === undefined) throw new RangeError(`no field ${field}`);
  return offset;
}
