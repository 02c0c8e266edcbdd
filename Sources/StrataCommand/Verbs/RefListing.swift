import StrataModel
import StrataRefs

/// Walks references as the listing verbs see them: symbolic ones resolved, dangling ones left out.
/// Git's function: `refs_ref_iterator_begin`, with `GIT_REF_PARANOIA` as it is by default.
struct RefListing {
    enum Item {
        case reference(ListedRef)
        /// Something is there that is no reference.
        case broken(RefView)
        /// The name is malformed, if safe.
        case badName(RefView)
    }

    let snapshot: any RefSnapshot

    /// Calls `body` with the references of each of `scopes` in turn until it returns false.
    func forEach(
        in scopes: [RefScope], _ body: (Item) throws(CommandExit) -> Bool
    ) throws(CommandExit) {
        guard let first = scopes.first else { return }
        var cursor: any RefCursor
        do throws(RefError) { cursor = try snapshot.cursor(over: first) } catch { throw .fatal(error.message) }
        for (index, scope) in scopes.enumerated() {
            do throws(RefError) { if index > 0 { try cursor.seek(scope) } } catch { throw .fatal(error.message) }
            while true {
                let view: RefView?
                do throws(RefError) { view = try cursor.next() } catch { throw .fatal(error.message) }
                guard let view else { break }
                guard let item = try item(view) else { continue }
                guard try body(item) else { return }
            }
        }
    }

    private func item(_ view: RefView) throws(CommandExit) -> Item? {
        if view.flags.contains(.badName) { return .badName(view) }
        switch view.form {
        case .broken: return .broken(view)
        case .hex, .raw:
            guard let id = view.objectID else { return .broken(view) }
            // No object has this id; a loose file that says so is damaged.
            if id.isZero && !view.flags.contains(.packed) { return .broken(view) }
            return .reference(ListedRef(view: view, id: id, peeled: view.peeled, target: nil))
        case .symbolic:
            guard let end = try snapshot.readableID(view.refName), let id = end.id, !id.isZero else { return nil }
            return .reference(ListedRef(view: view, id: id, peeled: end.peeled, target: end.name))
        }
    }
}
