import StrataIO
import StrataRepository
import SystemPackage

/// Whether git would change the contents of a file before it hashes them: ends of lines, keywords, encodings, programs that filter. Strata does not, and
/// says so where it might make a difference.
///
/// Attributes are not evaluated: what any file of attributes on the way to a path names may hold for it.
final class ContentFilters {
    /// What may change contents.
    struct Names: OptionSet {
        let rawValue: UInt8
        /// Carriage returns at ends of lines go.
        static var text: Names { Names(rawValue: 1) }
        /// Ends of lines may come back as others, which git tells of or refuses when it writes.
        static var lineEnds: Names { Names(rawValue: 2) }
        static var ident: Names { Names(rawValue: 4) }
        static var filter: Names { Names(rawValue: 8) }
        static var encoding: Names { Names(rawValue: 16) }
        static var all: Names { Names(rawValue: 31) }

        /// What a file of attributes may ask for: the names that stand in it, but in comments.
        init(attributes text: Bytes) {
            self = []
            for line in text.split(separator: 0x0a) where line.drop(while: \.isGitSpace).first != UInt8(ascii: "#") {
                for (word, name) in Self.words where line.contains(word) { formUnion(name) }
            }
        }

        init(rawValue: UInt8) { self.rawValue = rawValue }

        private static var words: [(StaticString, Names)] {
            [
                ("text", .text), ("eol", .text), ("binary", .text), ("crlf", [.text, .lineEnds]), ("ident", .ident),
                ("filter", .filter), ("working-tree-encoding", .encoding),
            ]
        }
    }

    /// What holds for every path.
    private let everywhere: Names
    /// Where paths are seen from; nil where no files of attributes lie among them.
    private let top: FilePath?
    /// Whether the index may know files of attributes that are not there.
    private let indexHasAttributes: Bool
    private let writes: Bool
    private var known: [Bytes: Names] = [:]

    /// - Parameters:
    ///   - directory: where paths are seen from.
    ///   - writes: whether objects are written: then git tells of ends of lines that will change.
    init(
        _ repository: Repository?, _ config: Config, _ environment: RepositoryEnvironment, in directory: FilePath,
        writes: Bool
    ) throws(RepositoryError) {
        self.writes = writes
        top = repository?.location.workTree == nil && repository != nil ? nil : directory
        var names = try Self.configured(config)
        if environment.value("GIT_ATTR_SOURCE") != nil || !config.entries("attr.tree").isEmpty { names = .all }
        for file in try Self.files(repository, config, environment) { names.formUnion(Self.read(file) ?? []) }
        var index: Bytes?
        if let repository {
            let name = environment.value("GIT_INDEX_FILE").map { FilePath(bytes: $0) }
            let path = name.map { directory.pushing($0) } ?? repository.location.gitDirectory.appending("index")
            index = try? readFile(path)
        }
        indexHasAttributes = index?[...].contains("gitattributes") ?? false
        if top == nil && indexHasAttributes { names = .all }
        everywhere = names
    }

    private static func configured(_ config: Config) throws(RepositoryError) -> Names {
        var names: Names = []
        if let value = config.entries("core.autocrlf").last?.value, value.equals("input") {
            names = .text
        } else if try config.bool("core.autocrlf") ?? false {
            names = [.text, .lineEnds]
        }
        if let value = config.entries("core.eol").last?.value, value.map(\.asciiLowercased).equals("crlf") {
            names.insert(.lineEnds)
        }
        return names
    }

    /// The files whose attributes hold wherever a path is.
    private static func files(
        _ repository: Repository?, _ config: Config, _ environment: RepositoryEnvironment
    ) throws(RepositoryError) -> [FilePath] {
        var files = [environment.systemConfigPath.removingLastComponent().appending("gitattributes")]
        if let configured = try config.path("core.attributesfile", environment: environment) {
            files.append(FilePath(bytes: configured))
        } else if let home = environment.value("XDG_CONFIG_HOME"), !home.isEmpty {
            files.append(FilePath(bytes: home).appending("git/attributes"))
        } else if let home = environment.value("HOME") {
            files.append(FilePath(bytes: home).appending(".config/git/attributes"))
        }
        if let repository { files.append(repository.location.commonDirectory.appending("info/attributes")) }
        return files
    }

    /// What a file asks for; nil where there is none. One that cannot be read may ask for anything.
    private static func read(_ file: FilePath) -> Names? {
        do throws(FileError) { return try readFile(file, limit: 100 << 20).map(Names.init(attributes:)) } catch {
            return .all
        }
    }

    // MARK: - Paths

    /// What may change the contents of `path`; nothing for nobody's.
    func names(for path: Bytes?) -> Names {
        guard let path else { return [] }
        guard let top else { return everywhere }
        var names = everywhere
        var directory: Bytes = []
        for part in path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropLast() {
            names.formUnion(self.names(in: directory, top))
            directory += part + [UInt8(ascii: "/")]
        }
        return names.union(self.names(in: directory, top))
    }

    private func names(in directory: Bytes, _ top: FilePath) -> Names {
        if let names = known[directory] { return names }
        let file = top.pushing(FilePath(bytes: directory + Bytes(".gitattributes")))
        let names = Self.read(file) ?? (indexHasAttributes ? .all : [])
        known[directory] = names
        return names
    }

    /// Refuses contents that git might change.
    func refuse(_ bytes: Bytes, as path: Bytes?) throws(CommandExit) {
        let names = names(for: path)
        guard let path, !names.isEmpty else { return }
        var reason: String?
        if names.contains(.text), bytes[...].contains("\r\n") { reason = "converting ends of lines" }
        if names.isSuperset(of: [.text, .lineEnds]), writes, bytes.contains(0x0a) {
            reason = "converting ends of lines"
        }
        if names.contains(.ident), bytes[...].contains("$Id") { reason = "the attribute 'ident'" }
        if names.contains(.filter) { reason = "the attribute 'filter'" }
        if names.contains(.encoding) { reason = "the attribute 'working-tree-encoding'" }
        guard let reason else { return }
        throw .unsupported("\(reason), which may hold for '\(String(decoding: path, as: UTF8.self))'; see --no-filters")
    }
}

extension ArraySlice<UInt8> {
    /// Whether the bytes of `word` stand somewhere in these.
    fileprivate func contains(_ word: StaticString) -> Bool {
        var rest = self
        while let start = unsafe rest.firstIndex(of: word.utf8Start[0]) {
            rest = rest[start...]
            if rest.hasPrefix(word) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}
