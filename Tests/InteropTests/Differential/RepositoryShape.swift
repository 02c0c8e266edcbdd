/// What kind of repository the operations run on.
struct RepositoryShape: Sendable, Hashable, CustomStringConvertible {
    var bare = false
    var linkedWorktree = false
    var hash = "sha1"
    /// `core.logAllRefUpdates`; nil = not set.
    var logs: String?
    /// With a reference-transaction hook that notes what it is told, and refuses some names.
    var hook = false

    var description: String {
        [
            bare ? "bare" : "non-bare", linkedWorktree ? "worktree" : nil, hash, "logs \(logs ?? "unset")",
            hook ? "hook" : nil,
        ]
        .compactMap { $0 }.joined(separator: ", ")
    }

    /// The common dir, from the copy's directory.
    var commonDir: String { bare ? "repo" : "repo/.git" }

    static let all: [RepositoryShape] = [
        RepositoryShape(),
        RepositoryShape(linkedWorktree: true),
        RepositoryShape(linkedWorktree: true, logs: "always"),
        RepositoryShape(linkedWorktree: true, logs: "false"),
        RepositoryShape(bare: true),
        RepositoryShape(bare: true, logs: "always"),
        RepositoryShape(bare: true, linkedWorktree: true, logs: "true"),
        RepositoryShape(linkedWorktree: true, hash: "sha256"),
        RepositoryShape(linkedWorktree: true, hook: true),
    ]
}
