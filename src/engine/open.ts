/** Chooses and opens an engine, or looks into the kernel; each is loaded only when it is opened. */

import type { Engine } from "./engine.ts";
import type { LinuxEngine, LinuxOptions } from "./linux/engine.ts";
import type { KernelInspector } from "./linux/inspect/inspector.ts";

/**
 * Opens the kernel (`linux`) or the embedded engine. Without a choice: the kernel where this process may use it, else the
 * embedded engine.
 * @throws PrivilegeError or FeatureError when `linux` was asked for and cannot be had; the message says why.
 */
export async function openEngine(kind: "linux", options?: LinuxOptions): Promise<LinuxEngine>;
export async function openEngine(kind?: Engine["kind"]): Promise<Engine>;
export async function openEngine(kind?: Engine["kind"], options: LinuxOptions = {}): Promise<Engine> {
  if (kind !== "embedded") {
    const { openLinux, probeLinux } = await import("./linux/engine.ts");
    if (kind === "linux" || probeLinux().available) return openLinux(options);
  }
  const { openEmbedded } = await import("./embedded/engine.ts");
  return openEmbedded();
}

/**
 * What is in the kernel that runs here: programs, maps, links, types, who uses them, what they cost. Needs CAP_SYS_ADMIN but for what this process
 * holds itself: what is asked first says so.
 *
 *     using kernel = await inspectKernel();
 *     for (const { id, name, type, statistics } of kernel.programs()) console.log(id, name, type, statistics.runTime);
 *
 * @throws FeatureError where there is no Linux, or no native code for this processor.
 */
export async function inspectKernel(): Promise<KernelInspector> {
  const { openInspector } = await import("./linux/inspect/inspector.ts");
  return openInspector();
}
