import StrataFiles
import StrataModel
import StrataRefs

extension CrashStore {
    /// Fills a fresh place: references that are loose, packed, and both, with reflogs.
    public func seed(_ place: CrashPlace) throws {
        let ids = try CrashIDs(place)
        let opened = try open(place)
        try opened.commit([.symbolic(.head, to: RefName("refs/heads/main"))])
        try opened.commit([
            .create(RefName("refs/heads/main"), at: ids.one, message: "made"),
            .create(RefName("refs/heads/both"), at: ids.one, message: "made"),
            .create(RefName("refs/heads/packed/deep"), at: ids.one, message: "made"),
            .create(RefName("refs/changes/1"), at: ids.one),
        ])
        for files in opened.files { try files.packRefs(.all, objects: AnyCommit()) }
        try opened.commit([
            .update(RefName("refs/heads/main"), to: ids.two, message: "moved"),
            .update(RefName("refs/heads/both"), to: ids.two, message: "moved"),
            .create(RefName("refs/heads/loose"), at: ids.one, message: "made"),
            .create(RefName("refs/tags/t"), at: ids.one),
        ])
        opened.close()
    }
}
