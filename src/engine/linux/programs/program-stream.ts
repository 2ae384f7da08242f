/**
 * What a program tells on its two streams (`bpf_prog_stream_read`, kernel/bpf/stream.c, since 6.17). Reading takes out. There is nothing to poll: whoever
 * waits looks again and again.
 */

import type { ProgramStream, StreamOptions } from "../../engine.ts";
import { AttachError, FeatureError } from "../../errors.ts";
import type { Kernel } from "../kernel.ts";
import { atLeast } from "../release.ts";
import { Request } from "../request.ts";
import { ERRNO } from "../sys/system-error.ts";

/** `BPF_STDOUT`, `BPF_STDERR`. */
const STREAM = { stdout: 1, stderr: 2 } as const;
/** Bytes of one read. */
const PIECE = 4096;
const INTERVAL = 100;

export class LinuxProgramStream implements ProgramStream {
  readonly #kernel: Kernel;
  readonly #program: { readonly name: string; readonly fd: number };
  readonly #stream: "stdout" | "stderr";
  readonly #options: StreamOptions;
  readonly #bytes = new Uint8Array(PIECE);
  /** Keeps what begins a character whose rest is not there yet. */
  readonly #decoder = new TextDecoder();

  constructor(
    kernel: Kernel,
    program: { readonly name: string; readonly fd: number },
    stream: "stdout" | "stderr",
    options: StreamOptions,
  ) {
    this.#kernel = kernel;
    this.#program = program;
    this.#stream = stream;
    this.#options = options;
  }

  read(): string {
    const { name, fd } = this.#program;
    if (fd < 0) throw new AttachError(`program ${name} was closed with its collection`);
    const request = new Request(this.#kernel.transport, "prog_stream_read_by_fd")
      .u32("prog_fd", fd)
      .u32("stream_id", STREAM[this.#stream])
      .u32("stream_buf_len", PIECE)
      .pointer("stream_buf", this.#bytes);
    let text = "";
    for (;;) {
      const length = request.send();
      if (length < 0) throw this.#failure(request.error(length));
      text += this.#decoder.decode(this.#bytes.subarray(0, length), { stream: true });
      if (length < PIECE) return text;
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, undefined, undefined> {
    const { signal, interval = INTERVAL } = this.#options;
    let rest = "";
    while (signal?.aborted !== true && this.#program.fd >= 0) {
      const lines = (rest + this.read()).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
      if (lines.length === 0) await pause(interval, signal);
    }
    if (rest !== "") yield rest;
  }

  #failure(cause: Error & { readonly errno: number }): Error {
    const { release } = this.#kernel.facts;
    if (cause.errno !== ERRNO.EINVAL || atLeast(release, "6.17")) return cause;
    const message = `${this.#program.name}: streams of programs need Linux 6.17; this is ${release}`;
    return new FeatureError("BPF_PROG_STREAM_READ_BY_FD", "6.17", message, { cause });
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener("abort", done);
  });
}
