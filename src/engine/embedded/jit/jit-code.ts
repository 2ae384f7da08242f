/** A program as a module of WebAssembly, compiled once for all CPUs and threads. */

import type { SharedCode } from "../executor.ts";
import type { PreparedProgram } from "../program.ts";
import { type CompiledProgram, type CompileOptions, compileModule } from "./module.ts";

// What we use of WebAssembly; the DOM library that declares it is not for Node.
declare const WebAssembly: { readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule };

/** A `WebAssembly.Module`: may be sent to worker threads. */
export interface WasmModule {
  readonly "~module": true;
}

/** A program that was compiled once and runs on any number of CPUs. */
export class JitCode {
  readonly compiled: CompiledProgram;
  readonly module: WasmModule;
  #tailed: JitCode | null = null;

  /**
   * @param shared of another thread that compiled it already.
   * @throws FeatureError when a function is longer than JavaScript engines take.
   */
  constructor(program: PreparedProgram, options: CompileOptions, shared?: SharedCode | null) {
    if (shared) {
      this.compiled = { ...shared, program, options, bytes: new Uint8Array(0) };
      this.module = shared.module as WasmModule;
    } else {
      this.compiled = compileModule(program, options);
      this.module = new WebAssembly.Module(this.compiled.bytes);
    }
  }

  get shared(): SharedCode {
    const { traps, callees, tails, asks } = this.compiled;
    return { module: this.module, traps, callees, tails, asks };
  }

  /** The same program so that tail calls may reach it; compiled when that is first wanted. */
  get tailed(): JitCode {
    const { program, options, tails } = this.compiled;
    if (tails) return this;
    this.#tailed ??= new JitCode(program, { ...options, tailed: true });
    return this.#tailed;
  }
}
