/**
 * One `bpf(2)` command with its attribute: filled by field name, sent as often as wanted.
 *
 * A map keeps a request per operation, its addresses written once; an operation then writes the key's bytes and sends. So
 * nothing is allocated on the hot path and no BigInt is made. A request references the arrays whose addresses it holds.
 */

import { COMMAND } from "../../uapi/commands.ts";
import { ATTRIBUTES, type AttributeLayout, type KnownCommand } from "./attributes.ts";
import { SystemError } from "./sys/system-error.ts";
import type { Transport } from "./sys/transport.ts";

type Layout<C extends KnownCommand> = (typeof ATTRIBUTES)[C];
type U32<C extends KnownCommand> = keyof Layout<C>["u32"] & string;
type U64<C extends KnownCommand> = keyof Layout<C>["u64"] & string;
type Pointer<C extends KnownCommand> = keyof Layout<C>["pointer"] & string;
type Text<C extends KnownCommand> = keyof Layout<C>["text"] & string;

export class Request<C extends KnownCommand> {
  readonly command: C;
  /** Sends it as it is now: the kernel's result, or an error number, negated. Hot. */
  readonly send: () => number;
  readonly #transport: Transport;
  readonly #layout: AttributeLayout;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** By field: what the kernel will read and write through an address must not be collected. */
  readonly #kept = new Map<string, Uint8Array>();

  constructor(transport: Transport, command: C) {
    this.command = command;
    this.#transport = transport;
    this.#layout = ATTRIBUTES[command];
    this.#bytes = new Uint8Array(this.#layout.size);
    this.#view = new DataView(this.#bytes.buffer);
    this.send = transport.prepare(COMMAND[command], this.#bytes);
  }

  u32(field: U32<C>, value: number): this {
    this.#view.setUint32(this.#layout.u32[field]!, value, true);
    return this;
  }

  /** `value` is not negative, and as a number safe. */
  u64(field: U64<C>, value: number | bigint): this {
    const offset = this.#layout.u64[field]!;
    if (typeof value === "bigint") {
      this.#view.setBigUint64(offset, value, true);
      return this;
    }
    this.#view.setUint32(offset, value, true);
    this.#view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
    return this;
  }

  /** A signed field. */
  s32(field: U32<C>, value: number): this {
    this.#view.setInt32(this.#layout.u32[field]!, value, true);
    return this;
  }

  /** The address of `memory`; null for a null pointer. */
  pointer(field: Pointer<C>, memory: Uint8Array | null): this {
    const offset = this.#layout.pointer[field]!;
    this.#view.setBigUint64(offset, memory === null ? 0n : this.#transport.addressOf(memory), true);
    if (memory === null) this.#kept.delete(field);
    else this.#kept.set(field, memory);
    return this;
  }

  /** At most 15 bytes of `value`, each a character that the kernel allows in a name; others become `_`. */
  text(field: Text<C>, value: string): this {
    const offset = this.#layout.text[field]!;
    for (let i = 0; i < 16; i++) {
      const code = i < 15 && i < value.length ? value.charCodeAt(i) : 0;
      this.#bytes[offset + i] = code === 0 || isNameCharacter(code) ? code : 0x5f;
    }
    return this;
  }

  /** Reads back what the kernel wrote. */
  read(field: U32<C>): number {
    return this.#view.getUint32(this.#layout.u32[field]!, true);
  }

  readU64(field: U64<C>): bigint {
    return this.#view.getBigUint64(this.#layout.u64[field]!, true);
  }

  /** The same of a field of eight bytes. */
  read64(field: U64<C>): bigint {
    return this.#view.getBigUint64(this.#layout.u64[field]!, true);
  }

  /** The error that a failed `send` means. */
  error(result: number): SystemError {
    return new SystemError(`bpf(${this.command})`, -result);
  }
}

/** `bpf_obj_name_cpy` of kernel/bpf/syscall.c: letters, digits, `_` and `.`. */
function isNameCharacter(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x5f ||
    code === 0x2e
  );
}
