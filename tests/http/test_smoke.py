async def test_a_prospect_is_added_and_found(house):
    tenant = await house.workspace()
    list_id = await tenant.list()
    added = await tenant.post("/v1/add-prospect-to-list", listId=list_id, email="ann@x.example", fullName="Ann Lee")
    assert added.status == 200
    found = await tenant.post("/v1/get-prospects-by-email", email="ANN@x.example")
    assert found.body["data"][0]["id"] == added.body["id"]
