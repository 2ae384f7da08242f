/** Pointers to the kernel's own structs, and questions about the kernel that runs the program. Their types come from "skep/vmlinux". */

import type { bool, u32 } from "./integers.ts";
import { notCompiled } from "./not-compiled.ts";

declare global {
  /** What programs are given at hooks whose types are the kernel's, by section and target. `skep types` writes the entries of those that are used. */
  interface SkepKernelTargets {}
}

/** What a program is given, in order. Without an entry its parameters are annotated, and only the compiler knows whether rightly. */
export type KernelValues<Section extends string, Target extends string> = `${Section}/${Target}` extends keyof SkepKernelTargets
  ? Extract<SkepKernelTargets[`${Section}/${Target}`], readonly unknown[]>
  : never[];

/**
 * The address of a struct or array in the arena; as a field, `next: Pointer<Node> | null`, it leads there. On the user side it is a bigint. In an interface
 * with the tag `@kernel`, a field that points to a struct of the kernel. Fields are read through it as if it were the struct.
 */
export type Pointer<Target> = Target & { readonly "~pointer"?: Target };

/**
 * An address, or a pointer to something else, seen as a pointer to a struct of the kernel: `cast<sock>(ctx.args[0])`. Fields are read
 * with `bpf_probe_read_kernel`, which gives 0 where nothing can be read.
 */
export function cast<Target extends object>(_address: number | bigint | object): Target {
  return notCompiled("cast");
}

/**
 * Whether the kernel that runs the program has a field: `if (field(task, "loginuid")) …`. Within the condition, fields may be
 * read that only some kernels have (those of an interface that the source declares with the tag `@kernel`, or that are
 * tagged `@optional`); the verifier never sees the branch where they are not.
 */
export function field<Of extends object>(object: Of, name: keyof Of & string): bool;
export function field<Edition extends object>(object: object, name: keyof Edition & string): object is Edition;
export function field(_object: object, _name: string): bool {
  return notCompiled("field");
}

/** Whether the kernel that runs the program has a struct or union, `exists<bpf_iter__task_vma>()`, or a function, `exists(bpf_task_acquire)`. */
export function exists<_Type extends object>(_callee?: (...values: never[]) => unknown): bool {
  return notCompiled("exists");
}

/** Bytes of a struct: one of the kernel's in the kernel that runs the program, any other as it is laid out here. */
export function sizeOf<_Type>(): u32 {
  return notCompiled("sizeOf");
}

/** Whether the kernel that runs the program has a constant of an enumeration: `enumExists(BPF_MAP_TYPE_ARENA)`. */
export function enumExists(_constant: number | bigint): bool {
  return notCompiled("enumExists");
}

/** What a constant of an enumeration is in the kernel that runs the program; its plain name is what it was when this was compiled. */
export function enumValue<Value extends number | bigint>(_constant: Value): Value {
  return notCompiled("enumValue");
}

/**
 * A variable of the kernel: `const jiffies = ksym<u64>("jiffies_64")` at the top level. The name is then its value, or of a struct what
 * points to it. Those that the kernel's types list are imported from "skep/vmlinux".
 */
export function ksym<Type>(_name: string): Type {
  return notCompiled("ksym");
}

/** This CPU's own of a variable that each CPU has: `bpf_this_cpu_ptr(runqueues).nr_running`. Linux 5.10. */
export function bpf_this_cpu_ptr<Type>(_variable: Type): Type {
  return notCompiled("bpf_this_cpu_ptr");
}

/** Another CPU's of a variable that each CPU has; null when there is no such CPU. Linux 5.10. */
export function bpf_per_cpu_ptr<Type>(_variable: Type, _cpu: u32): Type | null {
  return notCompiled("bpf_per_cpu_ptr");
}

/** An option of the kernel that runs the program: `kconfig<u32>("CONFIG_HZ")`, `kconfig<bool>("CONFIG_BPF_JIT")`. */
export function kconfig<Type extends number | boolean = number>(_option: string): Type {
  return notCompiled("kconfig");
}
