// Looks references up from a worktree, as an editor or a prompt would: what is checked out here, where the branch stands, what else
// is there. Every worktree has its own HEAD and shares the branches.
//
//     swift run WorktreeLookup [DIRECTORY] [NAME…]

import StrataModel
import StrataRefs
import StrataRepository
import SystemPackage

func look(at directory: String, for names: ArraySlice<String>) throws {
    let repository = try Repository(at: FilePath(directory))
    let references = try repository.refs.snapshot()
    print("git directory   \(repository.location.gitDirectory)")
    if repository.location.isLinkedWorktree { print("common          \(repository.location.commonDirectory)") }

    switch try references.read(.head) {
    case .symbolic(let target): print("on              \(String(decoding: target, as: UTF8.self))")
    case .object(let id, _): print("detached at     \(id)")
    case .broken, nil: print("HEAD is broken")
    }
    let head = try references.resolve(.head)
    print("HEAD            \(head.id?.hex ?? "(no commit yet)")")

    // The other worktrees' HEADs have names of their own, wherever one stands.
    for worktree in try repository.worktrees() {
        guard let name = worktree.refName(.head), let id = try references.objectID(of: name) else { continue }
        print("\(name)  \(id)")
    }

    let revisions = try repository.revisions()
    for name in names {
        let id = try revisions.resolve(Array(name.utf8))
        print("\(name)  \(id?.hex ?? "unknown")")
    }

    var branches = try references.cursor(over: RefScope(prefix: Array("refs/heads/".utf8)))
    var count = 0
    while try branches.next() != nil { count += 1 }
    print("branches        \(count)")
}

let arguments = CommandLine.arguments.dropFirst()
do {
    try look(at: arguments.first ?? ".", for: arguments.dropFirst())
} catch {
    print("error: \(error)")
}
