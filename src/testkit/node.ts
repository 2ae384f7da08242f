/** The test kit in Node: paths lead to anything that `compile` of `skep` takes, and kernel types are there where programs need them. */

import { fileURLToPath } from "node:url";
import { compile, compileText } from "../compile.ts";
import { loadKind } from "../engine/embedded/programs/kinds.ts";
import type { AnyModule } from "../engine/engine.ts";
import { kernelTypes } from "../kernels/btf.ts";
import type { Spec } from "../object/spec.ts";
import { type Loaded, load as loadAnywhere, type TestOptions } from "./load.ts";
import type { Source } from "./source.ts";

export * from "./index.ts";

/**
 * Compiles and loads what a test wants to look at.
 * @param source a path to a `.bpf.ts` file, a C source or an object, the text of a `.bpf.ts`, the bytes of an object, or a Spec.
 * @param options `room.types`: default those of Linux 6.18, when a program reads kernel types.
 * @throws CompileError, ObjectError, ClangError; what `load` of an engine throws.
 */
export async function load<Module = AnyModule>(source: Source, options: TestOptions<Module> = {}): Promise<Loaded<Module>> {
  const opened = await open(source);
  if (opened instanceof Uint8Array || options.room?.types !== undefined || !(await needsTypes(opened)))
    return loadAnywhere<Module>(opened, options);
  return loadAnywhere<Module>(opened, { ...options, room: { ...options.room, types: kernelTypes("6.18") } });
}

async function open(source: Source): Promise<Spec | Uint8Array> {
  if (source instanceof URL) return compile(fileURLToPath(source));
  if (typeof source !== "string") return source;
  return source.includes("\n") ? compileText(source, "test.bpf.ts") : compile(source);
}

async function needsTypes({ programs }: Spec): Promise<boolean> {
  for (const { type, core = [] } of programs) if (core.length > 0 || (await loadKind(type))?.kernelPointers === true) return true;
  return false;
}
