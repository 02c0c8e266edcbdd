import StrataModel

/// What ids peel to, asked of the objects and remembered: many references name few objects. For one thread at a time.
final class ObjectPeeling {
    private let objects: any ObjectLookup
    private var known: [ObjectID: FilesRefLoader.PeeledObject?] = [:]
    private static let mostKnown = 1 << 16

    init(_ objects: any ObjectLookup) { self.objects = objects }

    /// nil = it cannot be known: an object is missing, or cannot be read.
    func peeled(_ id: ObjectID) -> FilesRefLoader.PeeledObject? {
        if let answer = known[id] { return answer }
        let answer = ask(id)
        if known.count >= Self.mostKnown { known.removeAll(keepingCapacity: true) }
        known[id] = .some(answer)
        return answer
    }

    private func ask(_ id: ObjectID) -> FilesRefLoader.PeeledObject? {
        do throws(ObjectError) {
            guard let kind = try objects.kind(of: id) else { return nil }
            if kind != .tag { return .noTag }
            return try objects.peel(id).map { .tag($0.id) }
        } catch {
            return nil
        }
    }
}
