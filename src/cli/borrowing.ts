/** `skep borrow`: what it does until Ctrl-C, and what it shows then. */

import { openLinux } from "../engine/linux/engine.ts";
import { renderContents, shownMaps, variablesToJson, variableValues } from "./contents.ts";
import { End } from "./end.ts";
import { EXIT, type ExitStatus } from "./exit.ts";
import { mapToJson, toJson } from "./maps.ts";
import { PrintedRecords } from "./printed-records.ts";
import { styleFor } from "./terminal.ts";

export interface Borrowing {
  readonly path: string;
  readonly duration: number | undefined;
  readonly top: number;
  readonly json: boolean;
  readonly detach: boolean;
}

export async function runBorrowing({ path, duration, top, json, detach }: Borrowing): Promise<ExitStatus> {
  using end = new End(duration);
  await using engine = await openLinux();
  const { collection, links } = await engine.borrow(path);
  const descriptions = [...new Set(links.map(({ description }) => description))];
  const until = duration === undefined ? "Ctrl-C ends it" : `for ${duration} s`;
  if (!json) process.stderr.write(`borrowed ${[...Object.keys(collection.maps), ...descriptions].join(", ")}; ${until}\n`);
  const rings = Object.values(collection.maps).filter(({ spec }) => spec.type === "ringbuf");
  const records = new PrintedRecords(rings, json);
  await end.reached;
  await records.end();
  if (detach) for (const link of links) await link.detach();
  const variables = variableValues(collection);
  const maps = shownMaps(collection);
  process.stdout.write(
    json
      ? `${toJson({
          borrowed: path,
          attached: descriptions,
          variables: variablesToJson(variables),
          maps: Object.fromEntries(maps.map((map) => [map.name, mapToJson(map)])),
        })}\n`
      : `${renderContents(variables, maps, top, styleFor(process.stdout)).join("\n")}\n`,
  );
  return EXIT.ok;
}
