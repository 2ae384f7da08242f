/** `skep lend`: what it does until Ctrl-C. */

import { openLinux } from "../engine/linux/engine.ts";
import { programsToLoad } from "./attach-plan.ts";
import { End } from "./end.ts";
import { EXIT, type ExitStatus } from "./exit.ts";
import { applySettings } from "./job.ts";
import { type LiveJob, toAttach } from "./live.ts";
import { toJson } from "./maps.ts";
import { styleFor } from "./terminal.ts";
import { moveLinks } from "./watch/swap.ts";

export interface LendingTo {
  readonly path: string;
  readonly user: number;
  /** None: all. */
  readonly maps: readonly string[];
  readonly programs: boolean;
  readonly readOnly: boolean;
  readonly once: boolean;
}

export async function runLending(job: LiveJob, to: LendingTo): Promise<ExitStatus> {
  using end = new End(job.duration);
  await using engine = await openLinux();
  const collection = await engine.load(job.spec, { programs: programsToLoad(job) });
  applySettings(collection, job.settings);
  const { attached } = await moveLinks([], toAttach(job, collection));
  const links = attached.map(({ link }) => link);
  const style = styleFor(process.stderr);
  const tell = (line: string, data: object): void => {
    if (job.json) process.stdout.write(`${toJson(data)}\n`);
    else process.stderr.write(`${line}\n`);
  };
  using lending = await engine.lend(collection, {
    path: to.path,
    user: to.user,
    links,
    programs: to.programs,
    readOnly: to.readOnly,
    ...(to.maps.length === 0 ? {} : { maps: to.maps }),
    onBorrowed(pid) {
      tell(`process ${pid} borrowed`, { borrowed: pid });
      if (to.once) end.stop();
    },
  });
  for (const { program, link } of attached) if (!job.json) tell(`${style.bold(program.name)}: ${link.description}`, {});
  const maps = to.maps.length === 0 ? Object.keys(collection.maps) : to.maps;
  const until = to.once ? "until somebody has" : job.duration === undefined ? "Ctrl-C ends it" : `for ${job.duration} s`;
  tell(`lending ${maps.join(", ") || "no map"} to user ${to.user}: skep borrow ${lending.path}; ${until}`, {
    lending: { path: lending.path, user: to.user, maps, attached: links.map(({ description }) => description) },
  });
  await end.reached;
  return EXIT.ok;
}
