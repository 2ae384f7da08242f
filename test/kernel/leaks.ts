/**
 * Nothing stays: a test file that imports this fails when programs, maps or links that it made are still in the kernel after it, or when its own
 * process has more descriptors of BPF objects and perf events open than before.
 */

import { randomUUID } from "node:crypto";
import { after, before } from "node:test";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { KernelCensus, kernelDescriptors, MARK } from "./census.ts";

process.env[MARK] = randomUUID();

if (probeLinux().available) {
  let census: KernelCensus | null = null;
  let descriptors: readonly string[] = [];
  before(async () => {
    census = await KernelCensus.open();
    descriptors = kernelDescriptors();
  });
  after(async () => {
    const left = (await census?.settled()) ?? [];
    const open = kernelDescriptors().slice(descriptors.length);
    if (left.length > 0) throw new Error(`left in the kernel: ${left.join(", ")}`);
    if (open.length > 0) throw new Error(`left open in this process: ${open.join(", ")}`);
  });
}
