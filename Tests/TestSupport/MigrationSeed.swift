public import SystemPackage

/// A repository of git's with all that a migration has to carry: references loose and packed, tags, symbolic and broken ones, malformed names,
/// reflogs with malformed lines and without a reference, root references, and a linked worktree with references of its own.
///
/// In `directory/r`; the worktree is `directory/w`.
public func makeMigrationSeed(in directory: FilePath) throws {
    let root = directory.appending("r")
    try git(["init", "-q", "--template=", "-b", "main", "r"], in: directory)
    func make(_ line: String) throws { try git(line.split(separator: " ").map(String.init), in: root) }
    func write(_ name: String, _ text: String) throws {
        let script = "mkdir -p \"$(dirname \"$1\")\"; printf %b \"$2\" >>\"$1\""
        _ = try output("/bin/sh", ["-c", script, "sh", root.appending(".git/" + name).string, text])
    }
    for message in ["one", "two", "three"] { try make("commit -q --allow-empty -m \(message)") }
    try make("tag -a -m text v1 HEAD~1")
    try make("tag light")
    for name in ["a", "topic/b", "topic/c"] { try make("branch \(name) HEAD~2") }
    try make("pack-refs --all")
    for name in ["a", "late"] { try make("branch -f \(name) HEAD~1") }
    try make("update-ref refs/bisect/bad HEAD")
    try make("update-ref ORIG_HEAD HEAD~1")
    try make("symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/main")
    try make("symbolic-ref refs/heads/link refs/heads/topic/b")
    try make("worktree add -q --detach ../w HEAD~1")
    try git(["update-ref", "refs/worktree/own", "HEAD~1"], in: directory.appending("w"))
    try git(["commit", "-q", "--allow-empty", "-m", "elsewhere"], in: directory.appending("w"))
    let id = try git(["rev-parse", "HEAD"], in: root)
    try write("refs/heads/broken", "this is no id\\n")
    try write("refs/heads/empty", "")
    try write("refs/heads/bad..name", "\(id)\\n")
    try write("packed-refs", "\(id) refs/zz..packed\\n")
    try write("logs/refs/heads/main", "malformed\\0line\\n\\n")
    try write("logs/refs/heads/main", "\(id) \(id) A <a@b> 0 +0000\\tof no time\\n")
    try write("logs/refs/heads/gone", "\(id) \(id) A <a@b> 1112911993 +0000\\tof no reference\\n")
    try write("logs/refs/heads/topic/nothing", "")
    try write("MERGE_HEAD", "\(id)\\n")
}
