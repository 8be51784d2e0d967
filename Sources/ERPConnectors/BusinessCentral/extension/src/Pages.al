page 50100 "PW API Requests"
{
    PageType = API;
    APIPublisher = 'plantwright';
    APIGroup = 'maintenance';
    APIVersion = 'v1.0';
    EntityName = 'maintenanceRequest';
    EntitySetName = 'maintenanceRequests';
    SourceTable = "PW Maintenance Request";
    ODataKeyFields = SystemId;
    DelayedInsert = true;
    DeleteAllowed = false;

    layout
    {
        area(Content)
        {
            repeater(Rows)
            {
                field(id; Rec.SystemId) { Editable = false; }
                field(number; Rec."No.") { }
                field(title; Rec.Title) { }
                field(description; Rec.Description) { }
                field(fixedAssetNumber; Rec."Fixed Asset No.") { }
                field(priority; Rec.Priority) { }
                field(workType; Rec."Work Type") { }
                field(failureCode; Rec."Failure Code") { }
                field(status; Rec.Status) { }
                field(assignee; Rec.Assignee) { }
                field(dueAt; Rec."Due At") { }
                field(startedAt; Rec."Started At") { }
                field(finishedAt; Rec."Finished At") { }
                field(outcome; Rec.Outcome) { }
                field(cost; Rec.Cost) { }
                field(lastModifiedDateTime; Rec.SystemModifiedAt) { Editable = false; }
            }
        }
    }
}

page 50101 "PW API Comments"
{
    PageType = API;
    APIPublisher = 'plantwright';
    APIGroup = 'maintenance';
    APIVersion = 'v1.0';
    EntityName = 'requestComment';
    EntitySetName = 'requestComments';
    SourceTable = "PW Request Comment";
    ODataKeyFields = SystemId;
    DelayedInsert = true;
    ModifyAllowed = false;
    DeleteAllowed = false;

    layout
    {
        area(Content)
        {
            repeater(Rows)
            {
                field(id; Rec.SystemId) { Editable = false; }
                field(number; Rec."No.") { }
                field(requestNumber; Rec."Request No.") { }
                field(text; Rec."Text") { }
            }
        }
    }
}

page 50105 "PW API Pictures"
{
    PageType = API;
    APIPublisher = 'plantwright';
    APIGroup = 'maintenance';
    APIVersion = 'v1.0';
    EntityName = 'requestPicture';
    EntitySetName = 'requestPictures';
    SourceTable = "PW Request Picture";
    ODataKeyFields = SystemId;
    DelayedInsert = true;
    ModifyAllowed = false;
    DeleteAllowed = false;

    layout
    {
        area(Content)
        {
            repeater(Rows)
            {
                field(id; Rec.SystemId) { Editable = false; }
                field(number; Rec."No.") { }
                field(requestNumber; Rec."Request No.") { }
                field(fileName; Rec."File Name") { }
                field(title; Rec.Title) { }
                field(content; ContentBase64) { Caption = 'Base 64; empty when it is read'; }
            }
        }
    }

    var
        ContentBase64: Text;

    // Row and picture are one transaction.
    trigger OnInsertRecord(BelowxRec: Boolean): Boolean
    begin
        Rec.ImportBase64(ContentBase64);
        ContentBase64 := '';
        exit(true);
    end;
}

page 50106 "PW Request Pictures"
{
    PageType = CardPart;
    ApplicationArea = All;
    Caption = 'Readings at the alarm';
    SourceTable = "PW Request Picture";
    Editable = false;

    layout
    {
        area(Content)
        {
            field(Picture; Rec.Picture) { ApplicationArea = All; ShowCaption = false; }
            field(Title; Rec.Title) { ApplicationArea = All; }
        }
    }
}

page 50102 "PW API Meter Readings"
{
    PageType = API;
    APIPublisher = 'plantwright';
    APIGroup = 'maintenance';
    APIVersion = 'v1.0';
    EntityName = 'meterReading';
    EntitySetName = 'meterReadings';
    SourceTable = "PW Meter Reading";
    ODataKeyFields = SystemId;
    DelayedInsert = true;
    ModifyAllowed = false;
    DeleteAllowed = false;

    layout
    {
        area(Content)
        {
            repeater(Rows)
            {
                field(id; Rec.SystemId) { Editable = false; }
                field(number; Rec."No.") { }
                field(fixedAssetNumber; Rec."Fixed Asset No.") { }
                field(meter; Rec.Meter) { }
                field(value; Rec.Value) { }
                field(readAt; Rec."Read At") { }
            }
        }
    }
}

page 50103 "PW API Stock Postings"
{
    PageType = API;
    APIPublisher = 'plantwright';
    APIGroup = 'maintenance';
    APIVersion = 'v1.0';
    EntityName = 'stockPosting';
    EntitySetName = 'stockPostings';
    SourceTable = "PW Stock Posting";
    ODataKeyFields = SystemId;
    DelayedInsert = true;
    ModifyAllowed = false;
    DeleteAllowed = false;

    layout
    {
        area(Content)
        {
            repeater(Rows)
            {
                field(id; Rec.SystemId) { Editable = false; }
                field(number; Rec."No.") { }
                field(kind; Rec.Kind) { }
                field(itemNumber; Rec."Item No.") { }
                field(quantity; Rec.Quantity) { }
                field(unitOfMeasureCode; Rec."Unit of Measure Code") { }
                field(locationCode; Rec."Location Code") { }
                field(postingDate; Rec."Posting Date") { }
            }
        }
    }
}

page 50104 "PW Maintenance Requests"
{
    PageType = List;
    ApplicationArea = All;
    UsageCategory = Lists;
    Caption = 'Maintenance Requests';
    SourceTable = "PW Maintenance Request";

    layout
    {
        area(Content)
        {
            repeater(Rows)
            {
                field("No."; Rec."No.") { ApplicationArea = All; }
                field(Title; Rec.Title) { ApplicationArea = All; }
                field("Fixed Asset No."; Rec."Fixed Asset No.") { ApplicationArea = All; }
                field(Priority; Rec.Priority) { ApplicationArea = All; }
                field(Status; Rec.Status) { ApplicationArea = All; }
                field(Assignee; Rec.Assignee) { ApplicationArea = All; }
                field("Due At"; Rec."Due At") { ApplicationArea = All; }
                field("Started At"; Rec."Started At") { ApplicationArea = All; }
                field("Finished At"; Rec."Finished At") { ApplicationArea = All; }
                field(Outcome; Rec.Outcome) { ApplicationArea = All; }
            }
        }
        area(FactBoxes)
        {
            part(Pictures; "PW Request Pictures")
            {
                ApplicationArea = All;
                SubPageLink = "Request No." = field("No.");
            }
        }
    }
}

permissionset 50100 "PW Connector"
{
    Assignable = true;
    Caption = 'Plantwright connector';
    Permissions =
        tabledata "PW Maintenance Request" = RIM,
        tabledata "PW Request Comment" = RI,
        tabledata "PW Request Picture" = RI,
        tabledata "PW Meter Reading" = RI,
        tabledata "PW Stock Posting" = RI,
        page "PW API Requests" = X,
        page "PW API Comments" = X,
        page "PW API Pictures" = X,
        page "PW Request Pictures" = X,
        page "PW API Meter Readings" = X,
        page "PW API Stock Postings" = X,
        codeunit "PW Post Stock" = X;
}
