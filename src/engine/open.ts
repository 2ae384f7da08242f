/** Chooses and opens an engine; each is loaded only when it is opened. */

import type { Engine } from "./engine.ts";

/**
 * Opens the kernel (`linux`) or the embedded engine. Without a choice: the kernel where this process may use it, else the
 * embedded engine.
 * @throws PrivilegeError or FeatureError when `linux` was asked for and cannot be had; the message says why.
 */
export async function openEngine(kind?: Engine["kind"]): Promise<Engine> {
  if (kind !== "embedded") {
    const { openLinux, probeLinux } = await import("./linux/engine.ts");
    if (kind === "linux" || probeLinux().available) return openLinux();
  }
  const { openEmbedded } = await import("./embedded/engine.ts");
  return openEmbedded();
}
