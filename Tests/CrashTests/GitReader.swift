import CrashSupport
import SystemPackage
import TestSupport
import Testing

/// Reads with git what crashes leave: each state that git can tell from others once.
final class GitReader {
    private struct Seen: Hashable {
        let whole: Bool
        let files: [String: [UInt8]]
    }
    private var seen: Set<Seen> = []
    private let hasVerify = GitReader.knowsRefsVerify
    private let usesOther: Bool

    init(_ store: CrashStore) { usesOther = store.usesOther }

    private static let knowsRefsVerify: Bool = {
        guard let result = try? run(gitPath, ["refs", "verify", "-h"]) else { return false }
        return (result.outText + result.errText).contains("git refs verify")
    }()

    /// Every git directory is read without complaint; with `whole` also its objects, heads and reflogs.
    func check(_ place: CrashPlace, _ comment: @autoclosure () -> Comment, whole: Bool = false) throws {
        guard seen.insert(Seen(whole: whole, files: CrashState.gitsView(place.root))).inserted else { return }
        for directory in usesOther ? [".git", "other.git"] : [".git"] {
            for command in whole ? commands : [["for-each-ref"]] {
                let result = try run(
                    gitPath, ["--git-dir=\(place.root.appending(directory))"] + command, environment: gitEnvironment)
                let text = result.errText
                #expect(
                    result.status == 0 && !text.contains("warning") && !text.contains("error"),
                    "\(comment()): git \(command) in \(directory): \(text)")
            }
        }
    }

    /// Listing, and reading all heads and reflogs, those of worktrees too.
    private var commands: [[String]] {
        [["for-each-ref"], ["fsck", "--connectivity-only", "--no-dangling"]] + (hasVerify ? [["refs", "verify"]] : [])
    }

    /// What git lists in the directory: names and ids, and what is symbolic.
    static func listing(_ directory: FilePath) throws -> [String: String] {
        let lines = try git(
            ["--git-dir=\(directory)", "for-each-ref", "--format=%(refname) %(objectname) %(symref)"], in: directory)
        return Dictionary(
            lines.split(separator: "\n").map { line in
                let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
                return (words[0], words[2].isEmpty ? words[1] : words[2])
            }, uniquingKeysWith: { $1 })
    }
}
