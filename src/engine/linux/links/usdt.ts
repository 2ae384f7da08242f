/**
 * Probes that programs were built with (USDT), `usdt/FILE:PROVIDER:NAME`: each is a uprobe at every place that the compiler put it at. By one
 * link (6.6: the program was loaded for that), else one perf event a place. Arguments are described to the program, see usdt-specs.ts.
 */

import { ATTACH_TYPE } from "../../../uapi/attach-types.ts";
import { AttachError, FeatureError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import { atLeast } from "../release.ts";
import { Request } from "../request.ts";
import { UsdtArgumentError, usdtArguments } from "../symbols/usdt-arguments.ts";
import type { UsdtProbe } from "../symbols/usdt-probes.ts";
import { addressIn, type UsdtTarget, usdtTarget } from "../symbols/usdt-target.ts";
import { type Attaching, type Attempt, attachFailure, checkOptions, cookieOf, eventOf } from "./attaching.ts";
import { LinuxLink } from "./link.ts";
import { openUprobe, processMeans } from "./uprobe.ts";
import { UsdtSpecs } from "./usdt-specs.ts";

/** Cookies of perf events (`bpf_get_attach_cookie`). */
const COOKIES_SINCE = "5.15";

export function attachUsdt(attaching: Attaching): LinuxLink {
  checkOptions(attaching, "a usdt program", ["event", "library", "pid", "cookie"]);
  const { kernel, spec, options, maps } = attaching;
  const event = eventOf(attaching, "a usdt program", "libc.so.6:libc:setjmp");
  const target = usdtTarget(kernel.facts, spec.name, { event, library: options.library, pid: options.pid });
  const specs = UsdtSpecs.of(maps);
  const taken: Taken = { indices: [], addresses: [] };
  const giveBack = () => specs?.release(taken.indices, taken.addresses);
  try {
    const cookies = specs === null ? target.places.map(() => cookieOf(attaching)) : describe(attaching, target, specs, taken);
    const multi = spec.attachType !== null;
    const attempt: Attempt = {
      place: `usdt ${target.name}${options.pid === undefined ? "" : ` in process ${options.pid}`}`,
      feature: multi ? "BPF_LINK_TYPE_UPROBE_MULTI" : "uprobe PMU",
      since: multi ? "6.6" : "4.17",
      needs: ["CAP_BPF", "CAP_PERFMON"],
      fixed: true,
      means: processMeans(options.pid),
    };
    const descriptors = multi
      ? [attachMany(attaching, attempt, target, cookies)]
      : attachEach(attaching, attempt, target, cookies);
    return new LinuxLink(kernel, { description: attempt.place, descriptors, fixed: true, release: giveBack });
  } catch (error) {
    giveBack();
    throw error;
  }
}

interface Taken {
  readonly indices: number[];
  readonly addresses: bigint[];
}

/** Describes each place's arguments, alike ones once. @returns the cookie of each place. */
function describe(attaching: Attaching, target: UsdtTarget, specs: UsdtSpecs, taken: Taken): readonly bigint[] {
  const { kernel, spec } = attaching;
  const known = new Map<string, number>();
  const byAddress = !atLeast(kernel.facts.release, COOKIES_SINCE);
  return target.places.map((place) => {
    let index = known.get(place.arguments);
    if (index === undefined) {
      index = specs.add(spec.name, target.name, argumentsOf(spec.name, target.name, place), cookieOf(attaching));
      known.set(place.arguments, index);
      taken.indices.push(index);
    }
    if (!byAddress) return BigInt(index);
    const address = addressOf(attaching, target, place);
    specs.place(address, index);
    taken.addresses.push(address);
    return 0n;
  });
}

function argumentsOf(program: string, name: string, place: UsdtProbe) {
  try {
    return usdtArguments(place.arguments, process.arch);
  } catch (error) {
    if (error instanceof UsdtArgumentError) throw new AttachError(`program ${program}: ${name} ${error.message}`);
    throw error;
  }
}

/** Where the instruction will be when it runs, as a program without cookies finds it. */
function addressOf({ kernel, spec, options }: Attaching, { file, name, movable }: UsdtTarget, place: UsdtProbe): bigint {
  if (!movable) return BigInt(place.address);
  if (options.pid === undefined)
    throw new FeatureError(
      "bpf_cookie",
      COOKIES_SINCE,
      `program ${spec.name}: before Linux ${COOKIES_SINCE} arguments of ${name} can be read in one process only; name it (pid)`,
    );
  const address = addressIn(kernel.facts, options.pid, file, place.offset);
  if (address !== undefined) return address;
  throw new AttachError(`program ${spec.name}: process ${options.pid} has not mapped ${file}`);
}

const bytesOf = (values: readonly (number | bigint)[]): Uint8Array =>
  new Uint8Array(new BigUint64Array(values.map(BigInt)).buffer);

function attachMany(
  attaching: Attaching,
  attempt: Attempt,
  { file, places }: UsdtTarget,
  cookies: readonly bigint[],
): Descriptor {
  const { kernel, spec, descriptor, options } = attaching;
  const semaphores = places.map(({ semaphore }) => semaphore);
  const request = new Request(kernel.transport, "link_create")
    .u32("prog_fd", descriptor.fd)
    .u32("attach_type", ATTACH_TYPE.trace_uprobe_multi)
    .pointer("uprobe_multi.path", new TextEncoder().encode(`${file}\0`))
    .pointer("uprobe_multi.offsets", bytesOf(places.map(({ offset }) => offset)))
    .pointer("uprobe_multi.ref_ctr_offsets", semaphores.some((semaphore) => semaphore !== 0) ? bytesOf(semaphores) : null)
    .pointer("uprobe_multi.cookies", bytesOf(cookies))
    .u32("uprobe_multi.cnt", places.length)
    .u32("uprobe_multi.pid", options.pid ?? 0);
  const result = request.send();
  if (result < 0) throw attachFailure(attaching, attempt, request.error(result));
  return kernel.ledger.adopt(result, `link of ${spec.name} to ${attempt.place}`);
}

function attachEach(
  attaching: Attaching,
  attempt: Attempt,
  { file, places }: UsdtTarget,
  cookies: readonly bigint[],
): readonly Descriptor[] {
  const descriptors: Descriptor[] = [];
  try {
    for (const [index, { offset, semaphore }] of places.entries())
      descriptors.push(openUprobe(attaching, attempt, { file, offset, semaphore, returns: false, cookie: cookies[index] ?? 0n }));
    return descriptors;
  } catch (error) {
    for (const descriptor of descriptors) descriptor.close();
    throw error;
  }
}
