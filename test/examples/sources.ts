/** The two sources of each example, as Specs. */

import { existsSync } from "node:fs";
import { compile } from "../../src/compile.ts";
import { readObject } from "../../src/object/read.ts";
import type { Spec } from "../../src/object/spec.ts";
import { compileC } from "./clang.ts";
import type { ExampleName } from "./plays.ts";

export const sourceOf = (name: ExampleName): string => new URL(`../../examples/${name}.bpf.ts`, import.meta.url).pathname;

export const isWritten = (name: ExampleName): boolean => existsSync(sourceOf(name));

const compiled = new Map<string, Promise<Spec>>();

export function fromTypeScript(name: ExampleName): Promise<Spec> {
  return once(`${name}.ts`, () => compile(sourceOf(name)));
}

/** @throws Error where clang is missing: `noClang` says it before. */
export function fromC(name: ExampleName): Promise<Spec> {
  return once(`${name}.c`, async () => readObject(compileC(name).object, { name }));
}

function once(key: string, make: () => Promise<Spec>): Promise<Spec> {
  let spec = compiled.get(key);
  if (spec === undefined) compiled.set(key, (spec = make()));
  return spec;
}
