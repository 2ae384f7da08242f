/** A BTF object: how many types of which kind, and who was loaded with it. */

import type { BtfKind } from "../../btf/types.ts";
import type { KernelInspector } from "../../engine/linux/inspect/inspector.ts";
import type { BtfInfo } from "../../engine/linux/inspect/types.ts";
import { bytes, count, type Style } from "../terminal.ts";
import { renderFacts } from "./facts.ts";
import { typeUsers } from "./lists.ts";
import type { Use } from "./usage.ts";

export interface DescribedTypes extends BtfInfo {
  /** Of its own, without those of the kernel that a module's stand on. */
  readonly types: number;
  readonly kinds: Readonly<Partial<Record<BtfKind, number>>>;
  readonly programs: readonly number[];
  readonly maps: readonly number[];
  readonly processes: Use["processes"];
}

export function describeTypes(kernel: KernelInspector, btf: BtfInfo, { processes }: Use): DescribedTypes {
  const types = kernel.types(btf.id);
  const kinds: Partial<Record<BtfKind, number>> = {};
  for (let id = types.firstId; id < types.count; id++) {
    const kind = types.kind(id);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return { ...btf, types: types.count - types.firstId, kinds, ...typeUsers(kernel)(btf), processes };
}

export function renderTypes(btf: DescribedTypes, style: Style): string[] {
  const kinds = Object.entries(btf.kinds)
    .sort((a, b) => b[1] - a[1])
    .map(([kind, number]) => `${count(number)} ${kind}`);
  return renderFacts(
    `btf ${btf.id}`,
    btf.name,
    [
      ["origin", btf.kernel ? (btf.name === "vmlinux" ? "the kernel's own" : "a module's") : "loaded with programs or maps"],
      ["size", bytes(btf.size)],
      ["types", `${count(btf.types)}: ${kinds.join(", ")}`],
      ["programs", btf.programs.join(", ")],
      ["maps", btf.maps.join(", ")],
      ["held by", btf.processes.map(({ pid, command }) => `${command} (${pid})`).join(", ")],
    ],
    style,
  );
}
