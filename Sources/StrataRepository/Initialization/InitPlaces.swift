import StrataIO
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Where a new repository is to be.
struct InitPlaces {
    /// What variables say, seen from the directory that was asked for.
    let environment: RepositoryEnvironment
    /// A real path, whose last component may be missing.
    let gitDirectory: [UInt8]
    /// The same, before a `.git` file was followed.
    let givenDirectory: [UInt8]
    let commonDirectory: [UInt8]
    /// The top of the working tree, a real path; nil = bare.
    let workTree: [UInt8]?

    /// Makes and enters the directory that `request` names, and finds the others from there.
    init(_ request: InitRequest, _ given: RepositoryEnvironment) throws(RepositoryError) {
        var environment = given
        if let directory = request.directory { environment = try Self.enter(pathBytes(directory), environment) }
        if request.isBare == true, request.directory != nil || environment.value("GIT_DIR") == nil {
            environment.set("GIT_DIR", to: environment.currentDirectory)
        }
        let explicit = environment.value("GIT_DIR")
        let tree = environment.value("GIT_WORK_TREE")
        if tree != nil, explicit == nil || request.isBare == true {
            throw RepositoryError(
                .cannotInitialize,
                "GIT_WORK_TREE (or --work-tree=<directory>) not allowed without specifying GIT_DIR (or --git-dir=<directory>)"
            )
        }
        let name = explicit ?? Array(".git".utf8)
        if request.isBare ?? Self.looksBare(name, environment) {
            workTree = try tree.map { path throws(RepositoryError) in try environment.realPath(path) }
        } else {
            let parent = name.lastIndex(of: PathBytes.slash).map { Array(name[..<$0]) }
            let usual = try parent.map { path throws(RepositoryError) in try environment.realPath(path) }
            let top = try tree.map { path throws(RepositoryError) in try environment.realPath(path) }
            workTree = top ?? usual ?? environment.currentDirectory
            let failure = FileAccess.access(workTree ?? [], X_OK)
            if failure != 0 {
                throw RepositoryError(
                    .invalidWorkTree, "Cannot access work tree '\(workTree ?? [])': \(errno: failure)")
            }
        }
        givenDirectory = try environment.realPath(name)
        do throws(GitfileFailure) {
            gitDirectory = try environment.readGitfile(givenDirectory, from: environment.currentDirectory)
        } catch {
            if case .refused(let refusal) = error { throw refusal }
            gitDirectory = givenDirectory
        }
        let common = try environment.commonDirectory(of: gitDirectory, from: environment.currentDirectory).name
        commonDirectory = environment.absolute(common)
        self.environment = environment
    }

    /// Whether git takes a git directory of this name for a bare repository. Git's function: `guess_repository_type`.
    private static func looksBare(_ name: [UInt8], _ environment: RepositoryEnvironment) -> Bool {
        if name == [UInt8(ascii: ".")] || name == environment.currentDirectory { return true }
        return !PathBytes.equals(name, ".git") && PathBytes.strip("/.git", from: name) == name
    }

    private static func enter(
        _ directory: [UInt8], _ environment: RepositoryEnvironment
    ) throws(RepositoryError) -> RepositoryEnvironment {
        if case .failed = FileAccess.status(environment.absolute(directory)) {
            do throws(FileError) {
                try Disk.makeDirectories(filePath(environment.absolute(directory)))
            } catch {
                // What is no directory is in the way.
                let code = error.errno == .notDirectory ? EEXIST : error.errno.rawValue
                throw RepositoryError(.cannotInitialize, "cannot mkdir \(directory): \(errno: code)")
            }
        }
        do throws(PathBytes.RealPathFailure) {
            return try environment.entering(directory)
        } catch {
            let stage = error.errno == ENOTDIR ? "mkdir" : "chdir to"
            let code = error.errno == ENOTDIR ? EEXIST : error.errno
            throw RepositoryError(.cannotInitialize, "cannot \(stage) \(directory): \(errno: code)")
        }
    }
}
