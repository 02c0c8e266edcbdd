import StrataIO
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// Copying what a template directory has: `description`, `hooks`, `info`, a `config`. What is there already stays.
extension RepositoryInitializer {
    func copyTemplates() throws(RepositoryError) {
        guard let directory = try templateDirectory() else { return }
        let names: [[UInt8]]
        switch FileAccess.list(places.environment.absolute(directory.path)) {
        case .success(let found): names = found
        case .failure:
            // Where git is not installed, that it has no templates is no news.
            if !directory.isDefault { warn("templates not found in \(directory.path)") }
            return
        }
        let source = places.environment.absolute(directory.path)
        do throws(RepositoryError) {
            _ = try Self.format(of: source, { _ in })
        } catch {
            guard error.code == .unsupportedFormat else { throw error }
            return warn("not copying templates from '\(directory.path)': \(error.message)")
        }
        try copy(names, from: source, to: places.commonDirectory)
    }

    /// The directory, as git calls it; nil = none.
    private func templateDirectory() throws(RepositoryError) -> (path: [UInt8], isDefault: Bool)? {
        var found = request.template.map { pathBytes($0) } ?? places.environment.value("GIT_TEMPLATE_DIR")
        if found == nil {
            found = try Config.protected(environment: places.environment)
                .path("init.templatedir", environment: places.environment)
        }
        if let found { return found.isEmpty ? nil : (found, false) }
        return (pathBytes(places.environment.installationPrefix.appending("share/git-core/templates")), true)
    }

    private func copy(_ names: [[UInt8]], from source: [UInt8], to target: [UInt8]) throws(RepositoryError) {
        try makeDirectory(target)
        for name in names where name.first != UInt8(ascii: ".") {
            let (from, to) = (PathBytes.join(source, name), PathBytes.join(target, name))
            var isThere = true
            if case .failed(let code) = FileAccess.status(to, followingLinks: false) {
                guard code == ENOENT else {
                    throw RepositoryError(.unavailable, "cannot stat '\(to)': \(errno: code)")
                }
                isThere = false
            }
            let status: FileAccess.Status
            switch FileAccess.status(from, followingLinks: false) {
            case .status(let found): status = found
            case .failed(let code):
                throw RepositoryError(.unavailable, "cannot stat template '\(from)': \(errno: code)")
            }
            if status.isDirectory {
                switch FileAccess.list(from) {
                case .success(let below): try copy(below, from: from, to: to)
                case .failure(let failure):
                    throw RepositoryError(.unavailable, "cannot opendir '\(from)': \(errno: failure.code)")
                }
            } else if isThere {
                continue
            } else if status.isLink {
                try copyLink(from, to)
            } else if status.isRegular {
                try copyFile(from, to, isExecutable: status.mode & 0o111 != 0)
            } else {
                notice(.error(GitMessage("ignoring template \(from)").bytes))
            }
        }
    }

    private func copyLink(_ from: [UInt8], _ to: [UInt8]) throws(RepositoryError) {
        guard let text = FileAccess.readLink(from) else {
            throw RepositoryError(.unavailable, "cannot readlink '\(from)': \(errno: errno)")
        }
        do throws(FileError) {
            try Disk.symlink(filePath(text), at: filePath(to))
        } catch {
            throw RepositoryError(.unavailable, "cannot symlink '\(text)' '\(to)': \(errno: error.errno.rawValue)")
        }
    }

    private func copyFile(_ from: [UInt8], _ to: [UInt8], isExecutable: Bool) throws(RepositoryError) {
        let (source, target) = (filePath(from), filePath(to))
        do throws(FileError) {
            guard let input = try openForReading(source) else {
                throw FileError(.open, source, .noSuchFileOrDirectory)
            }
            defer { try? input.close() }
            let size = try FileStat.fstat(input, at: source).size
            let output = try Disk.create(
                target, permissions: FilePermissions(rawValue: isExecutable ? 0o777 : 0o666), sharing: sharing)
            do throws(FileError) {
                try Disk.copyRange(from: input, offset: 0, count: Int(size), to: output, at: target)
            } catch {
                try? output.close()
                throw error
            }
            try Disk.close(output, at: target)
        } catch {
            throw RepositoryError(.unavailable, "cannot copy '\(from)' to '\(to)': \(errno: error.errno.rawValue)")
        }
    }
}
