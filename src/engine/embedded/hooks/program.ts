/** A program for a hook of an application's own, loaded into the embedded engine. */

import type { ProgramSpec } from "../../../object/spec.ts";
import type { AttachOptions, Link, RunInput, RunResult } from "../../engine.ts";
import { AttachError } from "../../errors.ts";
import type { Executor } from "../executor.ts";
import { EmbeddedProgram } from "../programs/embedded-program.ts";
import type { HookLink } from "./link.ts";
import type { HookSite } from "./site.ts";

export class HookProgram extends EmbeddedProgram<HookLink> {
  readonly site: HookSite;
  readonly #executor: Executor;

  constructor(spec: ProgramSpec, executor: Executor, site: HookSite, fuel: number) {
    super(spec, [executor], fuel);
    this.site = site;
    this.#executor = executor;
    const { space } = executor;
    space.contextStart = site.address;
    space.contextEnd = site.address + site.size;
    space.contextRules = site;
  }

  /**
   * On CPU 0, attached to nothing. `context` is what `run` of the hook takes, or its bytes (missing ones are zero).
   * @throws FaultError when the program is stopped; ValueError when the context does not fit.
   */
  run({ context, packet, repeat = 1 }: RunInput = {}): RunResult {
    if (packet !== undefined) throw new RangeError(`${this.name}: runs on the context of ${this.site.name}, not on a packet`);
    let verdict = 0;
    const duration = this.repeated(repeat, () => {
      this.site.write(context ?? new Uint8Array());
      verdict = this.call();
    });
    return { verdict, packet: new Uint8Array(), context: this.site.read(), duration };
  }

  /** @internal Runs on the context that is in place. Hot. */
  call(): number {
    this.checkOpen();
    const { cpu } = this.#executor;
    cpu.busy = true;
    try {
      return this.#executor.call(this.site.address, this.fuel) >>> 0;
    } finally {
      cpu.busy = false;
    }
  }

  /** `hook` may be left out: the program's section names it. */
  async attach({ hook, position, ...rest }: AttachOptions = {}): Promise<Link> {
    this.checkOpen();
    const [other] = Object.keys(rest);
    if (other !== undefined) throw new AttachError(`${this.name}: is for the hook ${this.site.name}; leave ${other} out`);
    if (hook !== undefined && hook.name !== this.site.name) {
      throw new AttachError(`${this.name}: is for the hook ${this.site.name}, not for ${hook.name}`);
    }
    return this.site.attach(this, position);
  }
}
