import StrataIO
import StrataLMDB
import StrataModel
import StrataRefs
import SystemPackage

/// Making the place where references are, and HEAD: the last step, before which nothing takes the directory for a repository.
extension RepositoryInitializer {
    func makeReferences(isThere: Bool) throws(RepositoryError) {
        if isThere, let branch = request.initialBranch { warn("re-init: ignored --initial-branch=\(branch)") }
        switch storage.format {
        case .files, .reftable: try makeFiles(isThere: isThere)
        case .lmdb: try makeDatabase(isThere: isThere)
        }
    }

    /// The branch that a new HEAD names.
    private func initialBranch() throws(RepositoryError) -> RefName {
        if let given = request.initialBranch {
            guard let name = try? RefName(bytes: Array("refs/heads/".utf8) + given) else {
                throw RepositoryError(.cannotInitialize, "invalid initial branch name: '\(given)'")
            }
            return name
        }
        var branch = Array("master".utf8)
        if let configured = try config.string("init.defaultbranch") {
            branch = configured
        } else if !request.isQuiet {
            try advise(on: branch)
        }
        guard let name = try? RefName(bytes: Array("refs/heads/".utf8) + branch) else {
            throw RepositoryError(.badConfigValue, "invalid branch name: init.defaultBranch = \(branch)")
        }
        return name
    }

    private func advise(on branch: [UInt8]) throws(RepositoryError) {
        guard try places.environment.flag("GIT_ADVICE", default: true) else { return }
        let wanted = try config.bool("advice.defaultbranchname")
        if wanted == false { return }
        var text = """
            Using '\(String(decoding: branch, as: UTF8.self))' as the name for the initial branch. This default branch name
            will change to "main" in Git 3.0. To configure the initial branch name
            to use in all of your new repositories, which will suppress this warning,
            call:

            \tgit config --global init.defaultBranch <name>

            Names commonly chosen instead of 'master' are 'main', 'trunk' and
            'development'. The just-created branch can be renamed via this command:

            \tgit branch -m <name>
            """
        if wanted == nil {
            text += "\n\nDisable this message with \"git config set advice.defaultBranchName false\""
        }
        notice(.hint(text.split(separator: "\n", omittingEmptySubsequences: false).map { Array($0.utf8) }))
    }

    // MARK: Files

    private func makeFiles(isThere: Bool) throws(RepositoryError) {
        let refs = PathBytes.child(places.gitDirectory, "refs")
        try makeDirectory(refs)
        try adjust(refs)
        try makeDirectory(PathBytes.child(places.commonDirectory, "refs/heads"))
        try makeDirectory(PathBytes.child(places.commonDirectory, "refs/tags"))
        if !isThere { try write("HEAD", Array("ref: ".utf8) + (try initialBranch()).bytes) }
    }

    /// Puts a line into a file of the git directory, which is replaced in one step.
    private func write(_ name: String, _ line: some Sequence<UInt8>) throws(RepositoryError) {
        let path = filePath(places.gitDirectory).appending(name)
        try writing(path) { () throws(FileError) in
            // Git would report it as such, and a rename would fail as something else.
            if try FileStat.stat(path)?.kind == .directory { throw FileError(.open, path, .isDirectory) }
            try Disk.replace(path, with: Array(line) + [0x0a], durability: request.durability, sharing: sharing)
        }
    }

    // MARK: A database

    /// The environment with its HEAD, then the stubs: a git that does not know the format finds a repository that it must refuse.
    private func makeDatabase(isThere: Bool) throws(RepositoryError) {
        var options = LMDBOptions(hashAlgorithm: hashAlgorithm)
        options.creates = true
        options.sharing = sharing
        let directory = LMDBStoreMaker.directory(filePath(places.commonDirectory), payload: storage.payload)
        do throws(RefError) {
            let location = location
            let id = location.linkedID
            let database = try LMDBEnvironment.open(directory, options)
            let store = LMDBRefStore(
                database, worktree: id, worktreeDirectory: id.flatMap { location.ownDirectory(ofLinked: $0) },
                durability: request.durability)
            let snapshot = try store.snapshot()
            let head = try snapshot.read(.head)
            var cursor = try snapshot.cursor(over: .refs)
            let isUsed = try cursor.next() != nil
            // What a call left that was killed is written anew; a database in use keeps its HEAD.
            if head == nil || !isThere && !isUsed {
                let branch: RefName
                do throws(RepositoryError) {
                    branch = try initialBranch()
                } catch {
                    throw RefError(.invalid, "", cause: error)
                }
                try store.commit(RefTransaction([.symbolic(.head, to: branch)]), RefTransactionContext())
            } else if !isThere, let branch = request.initialBranch {
                warn("re-init: ignored --initial-branch=\(branch)")
            }
        } catch {
            throw error.cause as? RepositoryError
                ?? RepositoryError(.unavailable, "failed to set up refs db: \(error.message)")
        }
        try makeStubs()
    }

    /// What git keeps in the place of references that are elsewhere. Git's function: `refs_create_refdir_stubs`.
    private func makeStubs() throws(RepositoryError) {
        try makeDirectory(PathBytes.child(places.gitDirectory, "refs"))
        try write("refs/heads", ReferenceStubs(storage).sentence.dropLast())
        try write("HEAD", ReferenceStubs.head.dropLast())
    }
}
