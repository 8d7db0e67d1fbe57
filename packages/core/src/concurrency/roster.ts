/** Has a place in a roster while it is in one, else -1. */
export interface Member {
  place: number;
}

/**
 * Those that are under way, in no order; joining and leaving take the same short time however many there are.
 * A Set would do, but for what it leaves behind: one that much is added to and deleted from is built anew now and then, its old table points to the new one, and once one of these has grown old,
 * all that has passed through the Set since stays in memory until the next full collection: some kB for each request.
 */
export class Roster<T extends Member> implements Iterable<T> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  join(member: T): void {
    if (member.place >= 0) return;
    member.place = this.#members.push(member) - 1;
  }

  /** Nothing happens where it is not there. */
  leave(member: T): void {
    const { place } = member;
    if (this.#members[place] !== member) return;
    const last = this.#members.pop();
    if (last !== undefined && last !== member) {
      this.#members[place] = last;
      last.place = place;
    }
    member.place = -1;
  }

  /** Those that are there now, whoever leaves meanwhile. */
  [Symbol.iterator](): Iterator<T> {
    return [...this.#members].values();
  }
}
