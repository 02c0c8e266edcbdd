public import StrataModel

/// What an abbreviated object id stands for.
public enum Abbreviation: Sendable, Hashable {
    /// No object starts like that, or the text is no abbreviation.
    case none
    case unique(ObjectID)
    /// Several objects start like that; those that git lists, in its order: tags, commits, trees, blobs, each by id.
    case ambiguous([ObjectID])
}

/// What an abbreviated id should stand for, where the context tells: git's disambiguation hints.
public enum AbbreviationHint: Sendable, Hashable {
    case commit
    /// A commit, or a tag that peels to one.
    case committish
    case tree
    /// A tree, a commit, or a tag that peels to one of them.
    case treeish
    case blob
}

extension ObjectReader {
    /// The object whose id starts with the hexadecimal `digits`, in either case: at least 4 of them.
    ///
    /// With a hint, objects that do not fit it count only when there is no other candidate at all; "unique" is said
    /// only when every place was read without error. Answers to git's `get_short_oid`; its message for `ambiguous` is
    /// "short object ID %s is ambiguous".
    public func resolveAbbreviation(
        _ digits: Span<UInt8>, hint: AbbreviationHint? = nil
    ) throws(ObjectLookupError) -> Abbreviation {
        guard let prefix = IDPrefix(digits, algorithm: algorithm) else { return .none }
        let found: Set<ObjectID>? = try inEveryState { sources throws(ObjectLookupError) in
            var found: Set<ObjectID> = []
            let (failure, vanished) = collect(prefix, from: sources, into: &found)
            if found.isEmpty || vanished || (failure != nil && found.count == 1) {
                return .missing(failure, vanished: vanished)
            }
            return .found(found)
        }
        guard let found, let first = found.first else { return .none }
        if found.count == 1 { return .unique(first) }
        guard let hint else { return .ambiguous(inGitOrder(found)) }
        let fitting = found.filter { fits($0, hint) }
        if fitting.count == 1, let only = fitting.first { return .unique(only) }
        return .ambiguous(inGitOrder(fitting.isEmpty ? found : fitting))
    }

    /// Adds every object that starts with `prefix`.
    private func collect(
        _ prefix: IDPrefix, from sources: ObjectSources, into found: inout Set<ObjectID>
    ) -> (ObjectLookupError?, vanished: Bool) {
        var failure = sources.failure
        var vanished = false
        for handle in sources.packs {
            do throws(ObjectLookupError) {
                guard let pack = try handle.pack() else {
                    vanished = true
                    continue
                }
                let index = pack.index
                var position = index.lowerBound(prefix.lowest)
                while position < index.count, prefix.matches(index.id(at: position)) {
                    found.insert(index.id(at: position))
                    position += 1
                }
                try pack.checkWhole()
            } catch {
                failure = failure ?? error
            }
        }
        for directory in sources.directories {
            do throws(ObjectLookupError) {
                try directory.loose.forEach(startingWith: prefix.firstByte) { id in
                    if prefix.matches(id) { found.insert(id) }
                }
            } catch {
                failure = failure ?? error
            }
        }
        return (failure, vanished)
    }

    /// An object that cannot be read fits no hint.
    private func fits(_ id: ObjectID, _ hint: AbbreviationHint) -> Bool {
        do throws(ObjectLookupError) {
            guard let kind = try kind(of: id) else { return false }
            switch hint {
            case .commit: return kind == .commit
            case .tree: return kind == .tree
            case .blob: return kind == .blob
            case .committish: return try peel(id)?.kind == .commit
            case .treeish:
                let peeled = try peel(id)?.kind
                return peeled == .commit || peeled == .tree
            }
        } catch {
            return false
        }
    }

    private func inGitOrder(_ ids: Set<ObjectID>) -> [ObjectID] {
        let ranked = ids.map { id in
            // Tags, which have the highest number, first; what cannot be read last.
            let kind = (try? self.kind(of: id)).flatMap { $0 }
            return (rank: kind.map { Int($0.rawValue) % 4 } ?? 4, id: id)
        }
        return ranked.sorted { $0.rank == $1.rank ? $0.id < $1.id : $0.rank < $1.rank }.map(\.id)
    }
}

/// The leading digits of an object id.
struct IDPrefix {
    /// The lowest id that starts with the digits.
    let lowest: ObjectID
    /// The highest.
    private let highest: ObjectID

    /// Parses 4 or more digits, at most as many as an id has; nil when they are none.
    init?(_ digits: Span<UInt8>, algorithm: HashAlgorithm) {
        guard digits.count >= 4, digits.count <= algorithm.hexCount else { return nil }
        var padded = [UInt8](repeating: UInt8(ascii: "0"), count: algorithm.hexCount)
        for place in 0..<digits.count { padded[place] = digits[place] }
        guard let lowest = ObjectID(hex: padded.span) else { return nil }
        for place in digits.count..<padded.count { padded[place] = UInt8(ascii: "f") }
        guard let highest = ObjectID(hex: padded.span) else { return nil }
        self.lowest = lowest
        self.highest = highest
    }

    var firstByte: UInt8 { lowest.byte(at: 0) }

    func matches(_ id: ObjectID) -> Bool { !(id < lowest) && !(highest < id) }
}
