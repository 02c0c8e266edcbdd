import StrataIO
import StrataModel
import SystemPackage
import TestSupport
import Testing

@testable import StrataObjects

/// Looking again at what the directories hold.
@Suite struct CatalogTests {
    /// Others have listed the same anew since: that is no news for one who has missed, else many who miss at once would keep each other going.
    @Test func aNewListOfTheSameIsNoNews() throws {
        let repository = try SampleRepository(.sha1, commits: 2)
        try Layout.packed.apply(to: repository)
        let catalog = repository.reader().catalog
        let first = catalog.current()
        for _ in 0..<3 {
            #expect(catalog.refresh(after: first, force: true) == nil)
            #expect(catalog.current() !== first)
            #expect(catalog.refresh(after: first, force: false) == nil)
        }
        // What others have found is.
        try repository.git("repack", "-adf", "--depth=1", "--window=1")
        try repository.git("commit-tree", "-m", "more", "HEAD^{tree}")
        try repository.git("repack", "-adk")
        let found = try #require(catalog.refresh(after: first, force: true))
        #expect(!found.lists(theSameAs: first))
        #expect(catalog.refresh(after: first, force: false) === found)
        #expect(catalog.refresh(after: found, force: true) == nil)
    }

    /// What was listed before is let go of once it is not the newest any more, whoever has used it: it would keep open what has been removed.
    @Test func whatIsOldIsLetGoOf() throws {
        let repository = try SampleRepository(.sha1, commits: 2)
        try Layout.packed.apply(to: repository)
        let catalog = repository.reader().catalog
        let name = repository.objects.appending("pack/pack-x.keep")
        for round in 0..<30 {
            weak let old = catalog.current()
            try concurrently(4) { thread in
                for step in 0..<300 {
                    let known = catalog.listingCount
                    catalog.withCurrent { snapshot in
                        // Never one that was outdated before.
                        #expect(snapshot.number >= known)
                        if thread == 0, step % 100 == 50 { _ = catalog.refresh(after: snapshot, force: true) }
                    }
                }
            }
            #expect(old == nil, "round \(round)")
            try replace(name, with: [UInt8(round)])
        }
        // The newest is lent again and again.
        let newest = ObjectIdentifier(catalog.current())
        for _ in 0..<10 { catalog.withCurrent { #expect(ObjectIdentifier($0) == newest) } }
    }

    /// One thread that looks while it looks gets the newest each time, and what a look throws leaves nothing behind.
    @Test func looksMayBeNestedAndFail() throws {
        let repository = try SampleRepository(.sha1, commits: 2)
        try Layout.packed.apply(to: repository)
        let catalog = repository.reader().catalog
        func nest(_ depth: Int) throws {
            try catalog.withCurrent { snapshot in
                #expect(snapshot.number == catalog.listingCount)
                if depth == 3 { _ = catalog.refresh(after: snapshot, force: true) }
                if depth == 6 { throw Errno.ioError }
                try nest(depth + 1)
            }
        }
        weak let old = catalog.current()
        #expect(throws: Errno.ioError) { try nest(0) }
        #expect(old == nil && catalog.listingCount == 2)
        catalog.withCurrent { #expect($0 === catalog.current()) }
    }

    /// A snapshot that was given back late is not lent again, and does not stay.
    @Test func anOutdatedSnapshotIsNotLent() throws {
        let repository = try SampleRepository(.sha1, commits: 2)
        try Layout.packed.apply(to: repository)
        let catalog = repository.reader().catalog
        func outdate() throws -> CatalogSnapshot {
            let old = catalog.current()
            try replace(repository.objects.appending("pack/pack-x.keep"), with: [])
            _ = catalog.refresh(after: old, force: true)
            return old
        }
        weak var gone: CatalogSnapshot?
        do {
            let old = try outdate()
            gone = old
            unsafe #expect(catalog.ready.give(.passRetained(old)) != nil)
            #expect(catalog.current() !== old)
            catalog.withCurrent { #expect($0 === catalog.current()) }
        }
        #expect(gone == nil)
    }

    /// What the last look finds that is made is the answer.
    @Test func theLastLookCounts() throws {
        let repository = try SampleRepository(.sha1, commits: 2)
        try Layout.packed.apply(to: repository)
        let store = repository.reader()
        let packs = repository.objects.appending("pack")
        let name = try #require(names(in: packs).first { $0.hasSuffix(".idx") })
        var looks = 0
        let found = try store.inEveryState { _ -> CatalogSnapshot.Finding<Int> in
            looks += 1
            if looks == FilesObjectStore.mostChanges { return .found(7) }
            // Others take the pack away and bring it back.
            let (here, away) = (packs.appending(name), packs.appending(name + ".away"))
            try? Disk.rename(looks % 2 == 1 ? here : away, to: looks % 2 == 1 ? away : here)
            return .missing(nil, vanished: true)
        }
        #expect(found == 7 && looks == FilesObjectStore.mostChanges)
    }

    @Test func manyThreadsThatMissComeToAnEnd() throws {
        let repository = try SampleRepository(.sha1, commits: 2)
        try Layout.packed.apply(to: repository)
        let store = repository.reader()
        let directory = repository.objects.appending("pack")
        try concurrently(6) { thread in
            for round in 0..<200 {
                // Lists change their stamps all the time.
                if thread == 0 { try replace(directory.appending("pack-x.keep"), with: [UInt8(round & 255)]) }
                let id = ObjectID(algorithm: .sha1, words: (UInt64(thread) << 56 | UInt64(round), 1, 1 << 32, 0))
                #expect(try !store.contains(id))
            }
        }
    }

    /// Who waits for what was removed does so for a while, and then gives up.
    @Test func patienceEnds() {
        var patience = VanishingPacks()
        var count = 0
        let time = ContinuousClock().measure { while patience.wait() { count += 1 } }
        #expect(count == 14 && time > .milliseconds(200))
    }
}
