import Glibc
public import SystemPackage

/// The git to compare with: `STRATA_GIT`, else `git` on `PATH`.
public let gitPath: String = processEnvironment()["STRATA_GIT"] ?? "git"

/// An environment in which git reads no configuration but the repository's own, and names and times are fixed. It starts no maintenance, which would
/// go on in the background behind a commit and change files under a test.
public let gitEnvironment: [String: String?] = [
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/nonexistent", "LC_ALL": "C",
    "GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.com",
    "GIT_AUTHOR_DATE": "1112911993 -0700",
    "GIT_COMMITTER_NAME": "C O Mitter", "GIT_COMMITTER_EMAIL": "committer@example.com",
    "GIT_COMMITTER_DATE": "1112911993 -0700",
    "GIT_DIR": nil, "GIT_COMMON_DIR": nil, "GIT_WORK_TREE": nil, "GIT_INDEX_FILE": nil, "GIT_NAMESPACE": nil,
    "GIT_OBJECT_DIRECTORY": nil, "GIT_ALTERNATE_OBJECT_DIRECTORIES": nil, "GIT_CEILING_DIRECTORIES": nil,
    "GIT_DEFAULT_REF_FORMAT": nil, "GIT_DEFAULT_HASH": nil,
    "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "maintenance.auto", "GIT_CONFIG_VALUE_0": "false",
]

/// Runs git in `directory` with `gitEnvironment`; a failure is thrown. Gives standard output without the final newline.
@discardableResult
public func git(_ arguments: [String], in directory: FilePath, stdin: [UInt8] = []) throws -> String {
    try output(gitPath, arguments, stdin: stdin, environment: gitEnvironment, directory: directory)
}

/// An executable built by this package, for example `productPath("strata")`: it stands beside the running test bundle.
public func productPath(_ name: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4097)
    let count = unsafe readlink("/proc/self/exe", &buffer, 4096)
    let own = FilePath(String(decoding: buffer[..<max(count, 0)].map { UInt8(bitPattern: $0) }, as: UTF8.self))
    // `swift test` runs the bundle itself; where a helper program loads it, the bundle is named in the arguments.
    let candidates = [own] + CommandLine.arguments.filter { $0.contains(".xctest") }.map { FilePath($0) }
    for candidate in candidates {
        let path = candidate.removingLastComponent().appending(name)
        if unsafe access(path.string, X_OK) == 0 { return path.string }
    }
    return own.removingLastComponent().appending(name).string
}
