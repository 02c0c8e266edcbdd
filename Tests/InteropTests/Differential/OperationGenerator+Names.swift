/// Small pools, so that names meet: directory/file conflicts, HEAD's branch, shared referents.
extension OperationGenerator {
    mutating func name() -> String {
        switch number(isCareful ? 85 : 100) {
        case 0..<66:
            pick([
                "HEAD", "HEAD", "refs/heads/main", "refs/heads/main", "refs/heads/side", "refs/heads/a",
                "refs/heads/a/b",
                "refs/heads/a/b/c", "refs/heads/x", "refs/heads/x-y", "refs/heads/sym", "refs/heads/sym2",
                "refs/heads/new",
                "refs/tags/v1", "refs/tags/t/u", "refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/foo",
            ])
        case 66..<84:
            pick([
                "refs/notes/commits", "refs/stash", "refs/tags/x", "refs/heads/x.y", "refs/heads/ümläut",
                "refs/bisect/x",
                "refs/bisect", "refs/worktree/y", "refs/rewritten/z", "ORIG_HEAD", "FOO_HEAD", "AUTO_MERGE", "OTHER",
                "FETCH_HEAD", "MERGE_HEAD", "refs/foo/bar", "refs/heads/heads", "refs/x/y/z", "refs/tags/v1/sub",
            ])
        case 84..<92:
            pick([
                "worktrees/wt/HEAD", "worktrees/wt/refs/bisect/x", "worktrees/wt/ORIG_HEAD", "main-worktree/HEAD",
                "main-worktree/refs/bisect/x", "main-worktree/refs/worktree/y", "main-worktree/ORIG_HEAD",
                "worktrees/wt/refs/heads/x", "main-worktree/refs/heads/x", "worktrees/nope/HEAD",
            ])
        default: badName()
        }
    }

    mutating func badName() -> String {
        pick([
            "refs/heads/.x", "refs/heads/x.lock", "refs/heads/a..b", "refs/heads/", "refs//heads/x", "/refs/heads/x",
            "refs/heads/x ", "@", "", "refs/heads/@{", "refs/heads/a\\b", "foo", "refs", "refs/heads", "refs/heads/x*",
            "a/../b", "refs/../config", "-x", "refs/heads/-x", "refs/heads/x.", "refs/heads/x~1", "main", "a/b",
            "refs/",
            "refs/heads/x:y", "refs/heads/tab\there", "refs/heads/@", "HEAD/x", "refs/heads/x^{}",
        ])
    }

    /// What a reference is to become, as the command line may say it.
    mutating func newValue() -> String {
        switch number(isCareful ? 59 : 100) {
        case 0..<58: pick(objects.commits)
        case 58..<62: objects.zero
        case 62..<68: objects.tag
        case 68..<71: objects.tagOfTag
        case 71..<73: objects.tagOfTree
        case 73..<75: objects.blob
        case 75..<77: objects.tree
        case 77..<79: objects.missing
        case 79..<82: String(pick(objects.commits).prefix(pick([4, 7, 12, 39])))
        case 82..<96: expression()
        case 96..<98: ""
        default:
            pick([
                "nonsense", objects.commits[0].uppercased(),
                String(objects.commits[2].dropLast()),
                "0000", "0", "xyz^{commit}",
            ])
        }
    }

    /// A revision that names an object.
    mutating func expression() -> String {
        pick([
            "HEAD", "main", "HEAD~1", "HEAD^", "main^{}", "v1", "v1^{}", "v1^{commit}", "v1^{tree}", "vv^{}", "@",
            "@~2",
            "main~2", "heads/x", "refs/heads/x", "x", "@{0}", "@{1}", "HEAD@{1}", "main@{0}", "main@{1}", "main@{9}",
            "refs/heads/main@{2}", "x^0", "v1^0", "origin", "origin/main", "tags/v1", "x@{0}", "side", "HEAD^{tree}",
            "main^2", "main^{blob}", "FETCH_HEAD", "ORIG_HEAD", "refs/bisect/x", "main-worktree/HEAD",
            "worktrees/wt/HEAD",
            "vv~1", "v1^", "main~9", "notes/commits",
        ])
    }

    /// An expected value; nil = none is given.
    mutating func oldValue(of name: String, _ state: ReferenceState, _ linked: Bool) -> String? {
        switch number(isCareful ? 78 : 100) {
        case 0..<45: nil
        case 45..<74: state.object(name, linked: linked) ?? objects.zero
        case 74..<84: objects.zero
        case 84..<93: pick(objects.commits)
        case 93..<96: expression()
        case 96..<98: ""
        default: pick([objects.missing, "nonsense", objects.tag])
        }
    }

    /// What a symbolic reference is to lead to.
    mutating func target() -> String {
        if !isCareful && chance(12) { return badName() }
        return chance(70)
            ? pick([
                "refs/heads/main", "refs/heads/x", "refs/heads/side", "refs/heads/new", "refs/heads/sym",
                "refs/heads/a/b",
            ])
            : name()
    }

    mutating func message() -> String {
        if isCareful { return "message" }
        return pick([
            "message", "message", "  two  spaces ", "tab\tand\nnewline", "ünï", "x\r\n", "", " ", "a: b",
            "\u{0B}vt\u{0C}",
            "long " + String(repeating: "word ", count: 40),
        ])
    }
}
