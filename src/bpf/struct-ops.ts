/** Interfaces of the kernel that programs implement. Their types come from "skep/vmlinux". */

import type { MapDeclaration } from "../object/module.ts";
import { notCompiled } from "./not-compiled.ts";

/** A program in place of a function. What it is given the kernel's types say, and the compiler checks: annotate its parameters. */
export type StructOpsProgram = (...values: never[]) => number | boolean | void;

/** A member that is a function has the type of an address; texts are written between quotes. */
export type StructOpsMembers<Ops> = {
  readonly [Name in keyof Ops as Name extends `~${string}` ? never : Name]?: Ops[Name] extends number
    ? Ops[Name] | StructOpsProgram
    : Ops[Name] extends boolean
      ? boolean
      : Ops[Name] extends { readonly length: number }
        ? string
        : never;
};

export interface StructOpsOptions {
  /** False: registered until it is unregistered, as kernels before 6.4 have it. Default: attached by a link. */
  readonly link?: boolean;
  /** Members whose programs may sleep. */
  readonly sleepable?: readonly string[];
}

/**
 * Programs for the functions of a struct of the kernel: `structOps<tcp_congestion_ops>({ ssthresh: (tp: tcp_sock) => …, name: "mine" })`.
 * Each becomes a program of its own, `NAME_MEMBER`; members that the kernel does not need are left out. From outside it is attached as
 * a whole: `collection.maps.NAME.attach()`. Linux 5.6, `BPF_MAP_TYPE_STRUCT_OPS`.
 */
export function structOps<Ops extends object>(
  _members: StructOpsMembers<Ops>,
  _options?: StructOpsOptions,
): MapDeclaration<"struct_ops", never, never> {
  return notCompiled("structOps");
}
