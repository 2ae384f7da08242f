/**
 * The control groups of a machine room: paths of cgroup v2, each with an id. The root is `/`, with id 1 as in the kernel; a group
 * exists as soon as somebody names it.
 */

export interface Cgroup {
  readonly path: string;
  /** As `bpf_get_current_cgroup_id` gives it. */
  readonly id: number;
  readonly parent: Cgroup | null;
  /** 0 for the root. */
  readonly level: number;
}

export class CgroupTree {
  readonly root: Cgroup = { path: "/", id: 1, parent: null, level: 0 };
  readonly #groups = new Map<string, Cgroup>([["/", this.root]]);
  readonly #byId: Cgroup[] = [this.root];

  /**
   * The group of a path, made with those above it when it is new.
   * @throws RangeError for a path that does not begin with `/`, or has empty names, `.` or `..` in it.
   */
  at(path: string): Cgroup {
    const known = this.#groups.get(path);
    if (known !== undefined) return known;
    const end = path.lastIndexOf("/");
    const name = path.slice(end + 1);
    if (end < 0 || name === "" || name === "." || name === "..") {
      throw new RangeError(`cgroup: expected a path like /web/api, found ${JSON.stringify(path)}`);
    }
    const parent = end === 0 ? this.root : this.at(path.slice(0, end));
    const group = { path, id: this.#groups.size + 1, parent, level: parent.level + 1 };
    this.#groups.set(path, group);
    this.#byId.push(group);
    return group;
  }

  /** The group of an id, or undefined. */
  withId(id: number): Cgroup | undefined {
    return this.#byId[id - 1];
  }

  /** Those right below a group, the oldest first. */
  childrenOf(group: Cgroup): readonly Cgroup[] {
    return [...this.#groups.values()].filter(({ parent }) => parent === group);
  }
}

/** The group itself or one above it, at that level; null when it is not so deep (`cgroup_ancestor`). */
export function ancestorAt(group: Cgroup, level: number): Cgroup | null {
  if (level < 0 || level > group.level) return null;
  let at = group;
  while (at.level > level && at.parent !== null) at = at.parent;
  return at;
}
