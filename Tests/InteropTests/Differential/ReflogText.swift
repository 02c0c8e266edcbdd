import StrataModel
import StrataRefs
import StrataRepository
import SystemPackage

/// The reflogs of a repository as git writes them, by the paths where it does.
enum ReflogText {
    /// Those of a repository in files, which are read as they are.
    static func ofFiles(_ files: TreeSnapshot) -> [String: String] {
        var result: [String: String] = [:]
        for path in files.paths where path.hasPrefix("logs/") || path.hasPrefix("worktrees/wt/logs/") {
            result[path] = files.text(path)
        }
        return result
    }

    /// Those in the database of the copy at `root`.
    static func ofDatabase(at root: FilePath, _ shape: RepositoryShape) throws -> [String: String] {
        var result: [String: String] = [:]
        for place in shape.linkedWorktree ? ["repo", "wt"] : ["repo"] {
            let environment = try RepositoryEnvironment(
                variables: ["GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"],
                currentDirectory: root.appending(place))
            let refs = try Repository(environment: environment).refs
            guard let logs = refs.reflogs else { continue }
            for name in try logs.names() where place == "repo" || name.isPerWorktree {
                var text: [UInt8] = []
                try logs.read(name, newestFirst: false) { entry in
                    text += Array("\(entry.old) \(entry.new) ".utf8)
                    entry.committer.append(to: &text)
                    text += (entry.message.isEmpty ? [] : [0x09] + entry.message) + [0x0a]
                    return true
                }
                let path = "\(place == "wt" ? "worktrees/wt/" : "")logs/\(name)"
                result[path] = String(decoding: text, as: UTF8.self)
            }
        }
        return result
    }

    static func firstDifference(_ one: [String: String], _ other: [String: String]) -> Difference? {
        let paths = Set(one.keys).union(other.keys).sorted()
        guard let path = paths.first(where: { one[$0] != other[$0] }) else { return nil }
        return Difference(
            what: "reflog: \(path)", mine: one[path] ?? "(absent)", others: other[path] ?? "(absent)")
    }
}
