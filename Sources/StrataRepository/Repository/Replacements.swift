public import StrataModel
import StrataObjects
import StrataRefs
import Synchronization

/// Which objects stand for others: the references below `refs/replace/`, or below what `GIT_REPLACE_REF_BASE` says. There are none where `core.useReplaceRefs` is false or
/// `GIT_NO_REPLACE_OBJECTS` is set. They are read once, when they are first asked for. Safe to share between threads. Git's functions: `prepare_replace_object`,
/// `replace_refs_enabled`.
public final class Replacements: Sendable {
    private let refs: any RefStore
    private let config: Config
    private let algorithm: HashAlgorithm
    private let isOff: Bool
    private let base: [UInt8]
    private let known = Mutex<[ObjectID: ObjectID]?>(nil)

    init(refs: any RefStore, config: Config, environment: RepositoryEnvironment, algorithm: HashAlgorithm) {
        self.refs = refs
        self.config = config
        self.algorithm = algorithm
        isOff = environment.value("GIT_NO_REPLACE_OBJECTS") != nil
        base = environment.value("GIT_REPLACE_REF_BASE") ?? Array("refs/replace/".utf8)
    }

    /// The objects that stand for others, by the ids of those.
    ///
    /// - Parameter warn: is told of references there that name no object, without "warning: ", by who asks first.
    /// - Throws: `unavailable` where the references cannot be read, or the configuration makes no sense; `corrupt` where an object has two replacements.
    public func all(warn: ((String) -> Void)? = nil) throws(ObjectError) -> [ObjectID: ObjectID] {
        if isOff { return [:] }
        return try known.withLock { known throws(ObjectError) in
            if let known { return known }
            let found = try isConfiguredOff() ? [:] : read(warn)
            known = found
            return found
        }
    }

    /// The object that stands for another, if one does.
    public func replacement(of id: ObjectID, warn: ((String) -> Void)? = nil) throws(ObjectError) -> ObjectID? {
        try all(warn: warn)[id]
    }

    private func isConfiguredOff() throws(ObjectError) -> Bool {
        do throws(RepositoryError) { return try config.bool("core.usereplacerefs") == false } catch {
            throw ObjectError(.unavailable, String(decoding: error.message, as: UTF8.self))
        }
    }

    private func read(_ warn: ((String) -> Void)?) throws(ObjectError) -> [ObjectID: ObjectID] {
        var found: [ObjectID: ObjectID] = [:]
        do throws(RefError) {
            let snapshot = try refs.snapshot()
            var cursor = try snapshot.cursor(over: RefScope(prefix: base))
            while let view = try cursor.next() {
                let name = view.refName
                let rest = name.bytes.dropFirst(base.count)
                let digits = rest[(rest.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? rest.startIndex)...]
                guard let original = ObjectID(hex: Array(digits).span), original.algorithm == algorithm else {
                    warn?("bad replace ref name: \(String(decoding: rest, as: UTF8.self))")
                    continue
                }
                let target = view.objectID ?? (try? snapshot.resolve(name))?.id ?? .zero(algorithm)
                guard found.updateValue(target, forKey: original) == nil else {
                    let shown = String(decoding: rest, as: UTF8.self)
                    throw RefError(.corrupt, "duplicate replace ref: \(shown)", reference: name)
                }
            }
        } catch {
            throw ObjectError(error.code == .corrupt ? .corrupt : .unavailable, "\(error.message)")
        }
        return found
    }
}
