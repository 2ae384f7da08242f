/** A program that the kernel's verifier accepted. */

import type { ProgramSpec } from "../../../object/spec.ts";
import type { AttachOptions, Link, Program, ProgramStream, RunInput, RunResult, StreamOptions } from "../../engine.ts";
import { AttachError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Kernel } from "../kernel.ts";
import type { LinuxLink } from "../links/link.ts";
import type { LinuxHandle } from "../maps/handle.ts";
import { LinuxProgramStream } from "./program-stream.ts";
import { runOnContext } from "./run-context.ts";
import { testRun } from "./test-run.ts";

/** Types that the kernel runs on a context that is no packet's. */
const RUNS_ON_CONTEXT: ReadonlySet<string> = new Set(["raw_tracepoint", "syscall"]);

export class LinuxProgram implements Program {
  readonly name: string;
  readonly spec: ProgramSpec;
  protected readonly kernel: Kernel;
  protected readonly descriptor: Descriptor;
  readonly #maps: ReadonlyMap<string, LinuxHandle>;
  /** What it is attached by, also what other programs were attached by before (`Link.update`). */
  readonly links = new Set<LinuxLink>();

  /** @param maps its collection's, by name. */
  constructor(kernel: Kernel, spec: ProgramSpec, descriptor: Descriptor, maps: ReadonlyMap<string, LinuxHandle> = new Map()) {
    this.#maps = maps;
    this.kernel = kernel;
    this.spec = spec;
    this.name = spec.name;
    this.descriptor = descriptor;
  }

  /** The program's descriptor; it belongs to the collection. -1 once that is disposed. */
  get fd(): number {
    return this.descriptor.fd;
  }

  run(input: RunInput = {}): RunResult {
    this.mustBeOpen();
    if (RUNS_ON_CONTEXT.has(this.spec.type)) return runOnContext(this.kernel, this.spec, this.descriptor, input);
    return testRun(this.kernel, this.spec, this.descriptor, input);
  }

  async attach(options: AttachOptions = {}): Promise<Link> {
    this.mustBeOpen();
    const { attach } = await import("../links/attach.ts");
    this.mustBeOpen();
    const link = attach({ kernel: this.kernel, spec: this.spec, descriptor: this.descriptor, options, maps: this.#maps });
    link.belongTo(this.links);
    return link;
  }

  stream(name: "stdout" | "stderr", options: StreamOptions = {}): ProgramStream {
    this.mustBeOpen();
    return new LinuxProgramStream(this.kernel, this, name, options);
  }

  async pin(path: string): Promise<void> {
    this.mustBeOpen();
    const { pinObject } = await import("../pins.ts");
    this.mustBeOpen();
    pinObject(this.kernel, this.fd, path, { what: `program ${this.name}` });
  }

  async unpin(path: string): Promise<void> {
    const { unpin } = await import("../pins.ts");
    unpin(this.kernel, path, { what: `program ${this.name}` });
  }

  /** Lets go of its links and gives the program back. The kernel keeps both for as long as something else holds them, such as a pin. */
  async close(): Promise<void> {
    for (const link of this.links) link.close();
    this.descriptor.close();
  }

  /** For those that were opened by themselves; a collection does it for its own. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  protected mustBeOpen(): void {
    if (this.descriptor.closed) throw new AttachError(`program ${this.name} was closed with its collection`);
  }
}
