import StrataIO
public import StrataModel
public import StrataObjects
public import StrataRefs
public import SystemPackage

/// What a revision expression names: references by git's six rules, ids in full or abbreviated, `@`, `name@{n}`, and the operators that
/// ``Revision`` knows behind any of them, a path in a tree included (gitrevisions). Git's functions: `get_oid_with_context`, `get_oid_basic`.
public struct RevisionResolver: Sendable {
    private let refs: any RefSnapshot
    private let reflogs: (any ReflogStore)?
    private let objects: any ObjectStore
    private let place: RelativePathBase?
    private let warn: (@Sendable (String) -> Void)?
    private let warnsOfAmbiguity: Bool

    /// - Parameters:
    ///   - place: what `./` and `../` at the start of a path stand for; nil = nothing, outside of a working tree.
    ///   - warn: is told of ambiguous names and of those that lead nowhere, without "warning: "; nil = they are not looked for.
    ///   - warnsOfAmbiguity: whether it is told of ambiguous names (`core.warnAmbiguousRefs`).
    public init(
        refs: any RefSnapshot, reflogs: (any ReflogStore)?, objects: any ObjectStore, place: RelativePathBase? = nil,
        warnsOfAmbiguity: Bool = true, warn: (@Sendable (String) -> Void)? = nil
    ) {
        self.warnsOfAmbiguity = warnsOfAmbiguity && warn != nil
        self.refs = refs
        self.reflogs = reflogs
        self.objects = objects
        self.place = place
        self.warn = warn
    }

    /// The object that `text` names, which need not exist when it is a full id; nil when nothing is called so.
    public func resolve(_ text: [UInt8]) throws(RevisionFailure) -> ObjectID? { try locate(text)?.id }

    /// The object that `text` names, and its mode when a path in a tree led there.
    public func locate(_ text: [UInt8]) throws(RevisionFailure) -> (id: ObjectID, mode: TreeEntryMode?)? {
        // A full id needs no look at anything.
        if let id = ObjectID(hex: text.span), id.algorithm == objects.algorithm { return (id, nil) }
        var revision: Revision
        do throws(RevisionError) { revision = try Revision(text) } catch { throw .expression(error) }
        guard let base = try base(revision) else { return nil }
        if let path = revision.path { revision.path = try RelativePathBase.whole(path, from: place) }
        do throws(RevisionError) { return try revision.locate(base, in: objects) } catch { throw .expression(error) }
    }

    private func base(_ revision: Revision) throws(RevisionFailure) -> ObjectID? {
        let base = Array(revision.base)
        if let id = ObjectID(hex: base.span), id.algorithm == objects.algorithm { return id }
        if base.last == UInt8(ascii: "}"), let (name, count) = Self.reflogSelector(base) {
            return try entry(count, of: name)
        }
        if let found = try dwim(base == [UInt8(ascii: "@")] ? RefName.head.bytes : base) { return found.id }
        if let described = revision.describeOutput { return try abbreviated(described.digits, .commit) }
        return try abbreviated(base[...], revision.hint)
    }

    private func abbreviated(_ digits: ArraySlice<UInt8>, _ hint: AbbreviationHint?) throws(RevisionFailure)
        -> ObjectID?
    {
        let answer: Abbreviation
        do throws(ObjectError) {
            answer = try objects.resolveAbbreviation(Array(digits).span, hint: hint)
        } catch {
            throw .expression(.lookup(error))
        }
        switch answer {
        case .unique(let id): return id
        case .none: return nil
        case .ambiguous(let candidates): throw .ambiguous(Array(digits), candidates)
        }
    }

    // MARK: References

    /// The first reference that `short` stands for and that leads to an id. Git's function: `repo_dwim_ref`.
    public func dwim(_ short: [UInt8]) throws(RevisionFailure) -> RefResolution? {
        var first: RefResolution?
        for name in there(RefShorthand.candidates(for: short).compactMap { try? RefName(bytes: $0) }) {
            guard let found = try resolve(name) else { continue }
            guard found.id != nil else {
                if found.hops > 0, name != .head { warn?("ignoring dangling symref \(name)") }
                continue
            }
            guard first == nil else {
                warnOfAmbiguity(short)
                break
            }
            first = found
            if !warnsOfAmbiguity { break }
        }
        return first
    }

    /// Those of `candidates` that are there, or not known not to be. Most often none is, where an abbreviated id is meant: then all are asked for at
    /// once, which costs a store that has to look at what is under way a part of what they cost one by one.
    private func there(_ candidates: [RefName]) -> [RefName] {
        // Else the first that is there ends it.
        guard warnsOfAmbiguity, let values = try? refs.read(candidates) else { return candidates }
        return zip(candidates, values).filter { $0.1 != nil }.map { $0.0 }
    }

    private func warnOfAmbiguity(_ short: [UInt8]) {
        warn?("refname '\(String(decoding: short, as: UTF8.self))' is ambiguous.")
    }

    /// Where `name` leads; nil when it leads nowhere, for whatever reason but that it cannot be read.
    private func resolve(_ name: RefName) throws(RevisionFailure) -> RefResolution? {
        do throws(RefResolutionFailure) {
            return try refs.resolve(name)
        } catch {
            guard case .unreadable(let failure) = error else { return nil }
            // A name that no file can have is that of no reference.
            if let cause = failure.cause as? FileError, cause.errno == .fileNameTooLong { return nil }
            throw .reference(failure)
        }
    }

    // MARK: Reflogs

    /// `name@{n}` taken apart; the name may be empty.
    private static func reflogSelector(_ base: [UInt8]) -> ([UInt8], Int)? {
        guard
            let open = base.indices.dropLast().last(where: {
                base[$0] == UInt8(ascii: "@") && base[$0 + 1] == UInt8(ascii: "{")
            })
        else { return nil }
        let digits = base[(open + 2)...].dropLast()
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return (Array(base[..<open]), digits.reduce(0) { min($0 * 10 + Int($1 & 15), 1 << 40) })
    }

    /// What the reference held `count` changes ago.
    private func entry(_ count: Int, of short: [UInt8]) throws(RevisionFailure) -> ObjectID? {
        guard let reflogs, let (name, current) = try log(of: short) else { return nil }
        var remaining = count
        var answer: ObjectID?
        var entries = 0
        do throws(RefError) {
            try reflogs.read(name, newestFirst: true) { entry throws(RefError) in
                entries += 1
                if remaining == 0 {
                    answer = entry.new
                    return false
                }
                remaining -= 1
                // One step beyond the last entry is what stood before it.
                answer = remaining == 0 ? entry.old : nil
                return true
            }
        } catch {
            throw .reference(error)
        }
        if count == 0, let current { return current }
        if let answer, !answer.isZero { return answer }
        if entries == 0 { throw .logEmpty(name) }
        throw .logTooShort(Self.shown(short, name), entries: entries)
    }

    /// What git calls the log in its messages: as it was asked for, or the branch that HEAD is on.
    private static func shown(_ short: [UInt8], _ name: RefName) -> [UInt8] {
        guard short.isEmpty else { return short == [UInt8(ascii: "@")] ? RefName.head.bytes : short }
        return name.isBranch ? Array(name.bytes.dropFirst(11)) : RefName.head.bytes
    }

    /// The reference whose log `short` means, and its value. Git's function: `repo_dwim_log`.
    private func log(of short: [UInt8]) throws(RevisionFailure) -> (RefName, ObjectID?)? {
        // No name means the branch that HEAD is on.
        if short.isEmpty {
            guard let head = try resolve(.head) else { return nil }
            return (head.name, head.id)
        }
        var first: (RefName, ObjectID?)?
        for candidate in RefShorthand.candidates(for: short == [UInt8(ascii: "@")] ? RefName.head.bytes : short) {
            guard let name = try? RefName(bytes: candidate), let found = try resolve(name), found.id != nil else {
                continue
            }
            let logged: RefName
            do throws(RefError) {
                if try reflogs?.exists(name) ?? false {
                    logged = name
                } else if found.name != name, try reflogs?.exists(found.name) ?? false {
                    logged = found.name
                } else {
                    continue
                }
            } catch {
                throw .reference(error)
            }
            guard first == nil else {
                warnOfAmbiguity(short)
                break
            }
            first = (logged, found.id)
            if !warnsOfAmbiguity { break }
        }
        return first
    }
}

/// Why a revision expression names nothing, where there is more to say than that nothing is called so.
public enum RevisionFailure: Error, Sendable {
    /// The expression, or the objects that it leads to.
    case expression(RevisionError)
    /// A reference could not be read.
    case reference(RefError)
    /// `name@{n}` with an n beyond the log's beginning.
    case logTooShort([UInt8], entries: Int)
    /// `name@{n}` of a reference whose log has no entries.
    case logEmpty(RefName)
    /// An abbreviated id that several objects begin with.
    case ambiguous([UInt8], [ObjectID])
    /// A path that starts with `./` or `../` outside of a working tree.
    case relativePathOutside
    /// A path that leads out of the working tree at `top`.
    case pathOutside([UInt8], top: FilePath)
}
