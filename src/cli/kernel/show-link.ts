/** A link: where it holds which program, and all else that the kernel tells of its kind. */

import type { LinkInfo } from "../../engine/link-info.ts";
import type { KernelInspector } from "../../engine/linux/inspect/inspector.ts";
import { toJson } from "../maps.ts";
import type { Style } from "../terminal.ts";
import { type Fact, renderFacts } from "./facts.ts";
import { Places } from "./places.ts";
import type { Use } from "./usage.ts";

/** Shown by themselves, in words. */
const KNOWN: ReadonlySet<string> = new Set(["type", "id", "program", "number"]);

export function renderLink(kernel: KernelInspector, link: LinkInfo, use: Use, style: Style): string[] {
  const rest = Object.entries(link).filter(([field]) => !KNOWN.has(field));
  const facts: Fact[] = [
    ["type", link.type],
    ["attached as", new Places(kernel).describe(link)],
    ["program", programText(kernel, link.program)],
    ...rest.map(([field, value]): Fact => [words(field), typeof value === "string" ? value : toJson(value)]),
    ["pinned", use.pinned.join(", ")],
    ["held by", use.processes.map(({ pid, command }) => `${command} (${pid})`).join(", ")],
  ];
  return renderFacts(`link ${link.id}`, "", facts, style);
}

function programText(kernel: KernelInspector, id: number): string {
  if (id === 0) return "";
  try {
    return `${kernel.program(id).name} (${id})`;
  } catch {
    return String(id);
  }
}

/** `attachType` is `attach type`. */
const words = (field: string): string => field.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
