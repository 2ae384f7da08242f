/**
 * Asks a kernel to make something small and known, and closes it at once: a map of one entry, a program of a few instructions, a type.
 * Nothing is attached. What comes back says whether the kernel has it, when it is told from other errors.
 */

import { ATTACH_TYPE, type AttachType } from "../../../uapi/attach-types.ts";
import { MAP_TYPE, type MapType } from "../../../uapi/map-types.ts";
import { PROGRAM_TYPE, type ProgramType } from "../../../uapi/program-types.ts";
import { sendThrough } from "../patience.ts";
import { atLeast } from "../release.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";
import type { Transport } from "../sys/transport.ts";
import { RETURN_0 } from "./code.ts";
import type { Answer } from "./judge.ts";

export interface ProgramQuestion {
  readonly type: ProgramType;
  readonly attachType?: AttachType | undefined;
  /** Default: `r0 = 0; exit`. */
  readonly code?: Uint8Array;
  readonly flags?: number;
  /** The type in the kernel that it is for. */
  readonly attachTo?: number;
}

export interface MapQuestion {
  readonly type: MapType;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags?: number;
  readonly extra?: bigint;
  /** Descriptor of types, and the numbers of the key's and the value's. */
  readonly types?: { readonly fd: number; readonly key: number; readonly value: number };
  readonly inner?: number;
}

/** A descriptor, or an error number, negated, and what the verifier said. */
export interface Outcome {
  readonly result: number;
  readonly log: string;
}

const GPL = new TextEncoder().encode("GPL\0");
/** Short programs have short logs; what does not fit is not needed. */
const LOG_SIZE = 4096;

export class Asker {
  readonly #transport: Transport;
  readonly #program: Request<"prog_load">;
  readonly #log = new Uint8Array(LOG_SIZE);
  readonly #version: number;

  constructor(transport: Transport, release: string) {
    this.#transport = transport;
    this.#program = new Request(transport, "prog_load").pointer("license", GPL);
    // Kprobes had to name the kernel that they were made for until 5.0.
    const [major = 0, minor = 0, patch = 0] = release.split(/[^\d]+/).map(Number);
    this.#version = atLeast(release, "5.0") ? 0 : (major << 16) | (minor << 8) | Math.min(patch, 255);
  }

  /** Loads a program and closes it. A log is asked for in a second try, or at once. */
  program({ type, attachType, code = RETURN_0, flags = 0, attachTo = 0 }: ProgramQuestion, logged = false): Outcome {
    const request = this.#program
      .u32("prog_type", PROGRAM_TYPE[type])
      .u32("expected_attach_type", attachType === undefined ? 0 : ATTACH_TYPE[attachType])
      .u32("insn_cnt", code.length / 8)
      .pointer("insns", code)
      .u32("prog_flags", flags)
      .u32("attach_btf_id", attachTo)
      .u32("kern_version", this.#version)
      .u32("log_level", logged ? 1 : 0)
      .u32("log_size", logged ? LOG_SIZE : 0)
      .pointer("log_buf", logged ? this.#log : null);
    if (logged) this.#log[0] = 0;
    const result = this.#closed(sendThrough(() => request.send()));
    if (!logged) return { result, log: "" };
    const end = this.#log.indexOf(0);
    return { result, log: new TextDecoder().decode(this.#log.subarray(0, end < 0 ? LOG_SIZE : end)) };
  }

  /** Whether a program loads: one that every kernel takes which has all that it uses. */
  loads(question: ProgramQuestion): Answer {
    const { result } = this.program(question);
    return answerOf(result);
  }

  /** Makes a map and closes it. */
  map(question: MapQuestion): Answer {
    return answerOf(this.#closed(this.openMap(question)));
  }

  /** Makes a map; the descriptor is the caller's. An error number, negated, when that fails. */
  openMap({ type, keySize, valueSize, maxEntries, flags = 0, extra = 0n, types, inner = 0 }: MapQuestion): number {
    const request = new Request(this.#transport, "map_create")
      .u32("map_type", MAP_TYPE[type])
      .u32("key_size", keySize)
      .u32("value_size", valueSize)
      .u32("max_entries", maxEntries)
      .u32("map_flags", flags)
      .u32("inner_map_fd", inner)
      .u64("map_extra", extra);
    if (types !== undefined)
      request.u32("btf_fd", types.fd).u32("btf_key_type_id", types.key).u32("btf_value_type_id", types.value);
    return request.send();
  }

  /** Gives the kernel types; the descriptor is the caller's. */
  openTypes(btf: Uint8Array): number {
    return new Request(this.#transport, "btf_load").pointer("btf", btf).u32("btf_size", btf.length).send();
  }

  types(btf: Uint8Array): Answer {
    return answerOf(this.#closed(this.openTypes(btf)));
  }

  close(fd: number): void {
    if (fd >= 0) this.#transport.close(fd);
  }

  #closed(result: number): number {
    this.close(result);
    return result;
  }
}

/** Not permitted and out of memory say nothing about what a kernel has. */
export function answerOf(result: number): Answer {
  if (result >= 0) return true;
  return isSilent(result) ? null : false;
}

export function isSilent(result: number): boolean {
  return result === -ERRNO.EPERM || result === -ERRNO.ENOMEM || result === -ERRNO.EAGAIN || result === -ERRNO.EINTR;
}
