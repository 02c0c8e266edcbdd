import SystemPackage
import TestSupport

/// One of the two programs that a comparison runs.
struct Peer: Sendable {
    let name: String
    let executable: String
    /// Options before the verb.
    var options: [String] = []

    static let git = Peer(name: "git", executable: gitPath)
    /// git once more: two equal programs must differ in nothing, or the harness is at fault.
    static let gitAgain = Peer(name: "git", executable: gitPath, options: ["-c", "strata.packedTransaction=never"])
    /// The command of this package, which writes every reference where git would.
    static let strata = Peer(
        name: "strata", executable: strataPath, options: ["-c", "strata.packedTransaction=never"])
    /// The command with its own rule for what goes to `packed-refs`: so low here that most transactions qualify.
    static let strataPacking = Peer(
        name: "strata", executable: strataPath, options: ["-c", "strata.packedTransaction=2"])
}

/// What git must be for a comparison of outputs: its messages change with its versions.
enum GitVersion {
    static let needed = (major: 2, minor: 55)

    /// The version of the git at hand, as it prints it.
    static let text: String = {
        let printed = (try? output(gitPath, ["version"], environment: gitEnvironment)) ?? "no git"
        return printed.hasPrefix("git version ") ? String(printed.dropFirst(12)) : printed
    }()

    static let isCurrent: Bool = {
        let numbers = text.split(separator: ".").prefix(2).compactMap { Int($0) }
        guard numbers.count == 2 else { return false }
        return (numbers[0], numbers[1]) >= (needed.major, needed.minor)
    }()

    static var complaint: String {
        "needs git \(needed.major).\(needed.minor) or later, here is \(text): set STRATA_GIT"
    }
}

/// A number from the environment.
func environmentNumber(_ name: String, default value: Int) -> Int {
    processEnvironment()[name].flatMap { Int($0) } ?? value
}

/// The command under test: `STRATA_COMMAND`, for a release build, else the one built with the tests.
let strataPath: String = processEnvironment()["STRATA_COMMAND"] ?? productPath("strata")
