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

extension ObjectStore {
    /// The object whose id starts with the hexadecimal `digits`, in either case: at least 4 of them.
    ///
    /// With a hint, objects that do not fit it count only when there is no other candidate at all; "unique" is said only when every place was read
    /// without error. Answers to git's `get_short_oid`; its message for `ambiguous` is "short object ID %s is ambiguous".
    public func resolveAbbreviation(
        _ digits: Span<UInt8>, hint: AbbreviationHint? = nil
    ) throws(ObjectError) -> Abbreviation {
        guard digits.count >= 4, let prefix = ObjectIDPrefix(digits, algorithm: algorithm) else { return .none }
        let found = try ids(startingWith: prefix, atMost: .max)
        guard let first = found.first else { return .none }
        if found.count == 1 { return .unique(first) }
        guard let hint else { return .ambiguous(inGitOrder(found)) }
        let fitting = found.filter { fits($0, hint) }
        if fitting.count == 1, let only = fitting.first { return .unique(only) }
        return .ambiguous(inGitOrder(fitting.isEmpty ? found : fitting))
    }

    /// An object that cannot be read fits no hint.
    private func fits(_ id: ObjectID, _ hint: AbbreviationHint) -> Bool {
        do throws(ObjectError) {
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

    private func inGitOrder(_ ids: [ObjectID]) -> [ObjectID] {
        let ranked = ids.map { id in
            // Tags, which have the highest number, first; what cannot be read last.
            let kind = (try? self.kind(of: id)).flatMap { $0 }
            return (rank: kind.map { Int($0.rawValue) % 4 } ?? 4, id: id)
        }
        return ranked.sorted { $0.rank == $1.rank ? $0.id < $1.id : $0.rank < $1.rank }.map(\.id)
    }
}
