import StrataModel

extension MemoryRefStore: NamedRefStore {
    package var explainedKind: String { "memory" }

    public func explain(_ question: RefQuestion) -> RefExplanation {
        explanation("memory", question, [])
    }
}

extension ReadOnlyRefStore: NamedRefStore {
    package var explainedKind: String { "read-only" }

    public func explain(_ question: RefQuestion) -> RefExplanation { explain(question, as: "read-only", around: base) }
}

extension NamespacedRefStore: NamedRefStore {
    package var explainedKind: String { "namespace" }

    public func explain(_ question: RefQuestion) -> RefExplanation {
        let place = String(decoding: namespace.prefix, as: UTF8.self)
        let inner: RefExplanation
        switch question {
        case .name(let name):
            inner =
                namespace.full(name).map { base.explain(.name($0)) }
                ?? base.unasked(question, "for the name has no place in a namespace")
        case .scope(let scope): inner = base.explain(.scope(namespace.full(scope)))
        }
        return explanation("namespace", at: place, question, [inner])
    }
}

extension OverlayRefStore: NamedRefStore {
    package var explainedKind: String { "overlay" }

    public func explain(_ question: RefQuestion) -> RefExplanation {
        var (layers, notes): ([RefExplanation], [String]) = ([], [])
        switch question {
        case .name(let name):
            if deletes == .hide && HiddenRefName.isReserved(name) {
                notes = ["markers of what is hidden are not shown"]
            } else {
                layers = [front.explain(question).playing("front")] + explainBack(name, question)
            }
        case .scope(let scope):
            if let shown = deletes == .hide ? HiddenRefName.shown(scope) : scope {
                layers = [front.explain(.scope(shown)).playing("front"), back.explain(.scope(shown)).playing("back")]
                if deletes == .hide { notes = noteHidden(shown) }
            }
        }
        var own = explanation("overlay", question, layers)
        own.notes = notes
        return own
    }

    private func explainBack(_ name: RefName, _ question: RefQuestion) -> [RefExplanation] {
        do throws(RefError) {
            let snapshot = try front.snapshot()
            if try snapshot.read(name) != nil {
                return [back.unasked(question, "for the front has it").playing("back")]
            }
            let marker = HiddenRefName.marker(of: name)
            if deletes == .hide, try snapshot.read(marker) != nil {
                let hidden = RefExplanation(back.kindOfStore, question, .hidden("by '\(marker)' of the front"))
                return [hidden.playing("back")]
            }
            return [back.explain(question).playing("back")]
        } catch {
            return [RefExplanation(back.kindOfStore, question, .failed(error)).playing("back")]
        }
    }

    private func noteHidden(_ scope: RefScope) -> [String] {
        do throws(RefError) {
            let snapshot = try front.snapshot()
            let hidden = try HiddenRefs(in: scope) { scope throws(RefError) in try snapshot.cursor(over: scope) }
            return ["\(hidden.names.count) names of the scope are hidden"]
        } catch {
            return ["what is hidden cannot be read: \(error.message)"]
        }
    }
}

extension CachedRefStore: NamedRefStore {
    package var explainedKind: String { "cached" }

    public func explain(_ question: RefQuestion) -> RefExplanation {
        let known: Bool
        do throws(RefError) {
            known = try knows(question)
        } catch {
            return RefExplanation("cached", question, .failed(error))
        }
        let below = known ? inner.unasked(question, "for the answer is remembered") : inner.explain(question)
        var own = explanation("cached", question, [below])
        own.notes = [known ? "known, for the stamp of the whole store is what it was" : "not known before"]
        return own
    }
}
