/**
 * What a Spec leaves to the kernel that loads it: the layout of kernel types (CO-RE), and the kernel's configuration. Here the room says
 * both.
 */

import type { Btf } from "../../btf/btf.ts";
import type { KconfigExtern, MapSpec, ProgramSpec, Spec } from "../../object/spec.ts";
import { FeatureError } from "../errors.ts";

/**
 * The kernel's configuration, by name: `{ CONFIG_HZ: 1000, CONFIG_BPF_JIT: "y" }`. Libbpf's own names are there without being given, for
 * Linux 6.18: `LINUX_KERNEL_VERSION`, `LINUX_HAS_BPF_COOKIE`, `LINUX_HAS_SYSCALL_WRAPPER`.
 */
export type KernelConfig = Readonly<Record<string, number | bigint | string | boolean>>;

const VIRTUAL: KernelConfig = {
  LINUX_KERNEL_VERSION: (6 << 16) | (18 << 8),
  LINUX_HAS_BPF_COOKIE: 1,
  LINUX_HAS_SYSCALL_WRAPPER: 1,
};

/** `enum libbpf_tristate`. */
const TRISTATE: Readonly<Record<string, number>> = { n: 0, y: 1, m: 2, false: 0, true: 1 };

/**
 * The Spec with everything filled in that the wanted programs need.
 * @throws FeatureError for configuration that the room does not have; CoreError for what no loader would load.
 */
export async function adapt(
  spec: Spec,
  types: Btf | null,
  config: KernelConfig,
  wanted: (program: ProgramSpec) => boolean,
): Promise<Spec> {
  const maps = spec.maps.map((map) => fillConfig(map, spec, config));
  const filled = maps.some((map, index) => map !== spec.maps[index]) ? { ...spec, maps } : spec;
  if (types === null || !filled.programs.some((program) => wanted(program) && (program.core?.length ?? 0) > 0)) return filled;
  // Most programs have nothing to adapt: the relocator is read when one has.
  const { relocate } = await import("../../object/core/relocate.ts");
  return relocate(filled, types, { programs: wanted });
}

function fillConfig(map: MapSpec, spec: Spec, config: KernelConfig): MapSpec {
  const externs = (spec.externs ?? []).filter(
    (extern): extern is KconfigExtern => extern.kind === "kconfig" && extern.map === map.name,
  );
  if (externs.length === 0) return map;
  const bytes = new Uint8Array(map.valueSize);
  for (const extern of externs) {
    const value = config[extern.name] ?? VIRTUAL[extern.name];
    if (value !== undefined) write(bytes, extern, value);
    else if (!extern.weak) {
      const message = `${spec.name}: asks for ${extern.name} of the kernel's configuration; say what it is (room: { config: { ${extern.name}: … } })`;
      throw new FeatureError(extern.name, null, message);
    }
  }
  return { ...map, contents: { kind: "bytes", bytes } };
}

function write(bytes: Uint8Array, { name, value: kind, offset, size }: KconfigExtern, value: KernelConfig[string]): void {
  if (kind === "string") {
    const text = new TextEncoder().encode(String(value));
    if (text.length >= size) throw new RangeError(`${name}: expected at most ${size - 1} characters, found ${text.length}`);
    bytes.set(text, offset);
    return;
  }
  const letter = kind === "char" ? String(value).charCodeAt(0) : TRISTATE[String(value)];
  let wide: bigint;
  try {
    wide = letter === undefined ? BigInt(value) : BigInt(letter);
  } catch (cause) {
    throw new RangeError(`${name}: expected a value of kind ${kind}, found ${JSON.stringify(value)}`, { cause });
  }
  for (let index = 0; index < size; index++, wide >>= 8n) bytes[offset + index] = Number(wide & 0xffn);
}
